//! What names something names something that is there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    holding::{add, holds, put, remove},
    manifests::{Manifests, Pod, Problems, items, name, selects, title},
    programs,
};

const NAMESPACE: &str = "supportdesk";

fn check(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    for pod in manifests.services() {
        problems.extend(selected(manifests, &pod.owner["spec"]["selector"], pod));
        problems.extend(volumes(manifests, pod));
    }
    for service in manifests.of("Service") {
        problems.extend(service_problems(manifests, service));
    }
    for ingress in manifests.of("Ingress") {
        problems.extend(ingress_problems(manifests, ingress));
    }
    problems.extend(names(manifests));
    problems
}

/// A Deployment's selector has to match its own pods and nobody else's.
fn selected(manifests: &Manifests, selector: &Value, own: Pod<'_>) -> Problems {
    let mut problems = Problems::new();
    if !selects(selector, own.labels()) {
        problems.push(format!("{} does not know its own pods", own.title()));
    }
    let others = manifests.pods().filter(|pod| pod.title() != own.title());
    let taken = others.filter(|pod| selects(selector, pod.labels()));
    problems.extend(taken.map(|pod| format!("{} takes the pods of {}", own.title(), pod.title())));
    problems
}

fn volumes(manifests: &Manifests, pod: Pod<'_>) -> Problems {
    let volumes: Vec<&Value> = items(&pod.spec()["volumes"]).collect();
    let mounts = pod
        .containers()
        .flat_map(|container| items(&container["volumeMounts"]));
    let unknown =
        mounts.filter(|mount| !volumes.iter().any(|volume| volume["name"] == mount["name"]));
    let claims = volumes
        .iter()
        .filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str());
    let lacking = claims.filter(|claim| manifests.find("PersistentVolumeClaim", claim).is_none());
    unknown
        .map(|mount| {
            format!(
                "{} mounts {}, which is no volume",
                pod.title(),
                mount["name"]
            )
        })
        .chain(lacking.map(|claim| format!("{} claims {claim}", pod.title())))
        .collect()
}

/// A Service is for one service's pods, which listen where it says.
fn service_problems(manifests: &Manifests, service: &Value) -> Problems {
    let title = title(service);
    let selector = json!({"matchLabels": service["spec"]["selector"]});
    let chosen: Vec<Pod<'_>> = manifests
        .pods()
        .filter(|pod| selects(&selector, pod.labels()))
        .collect();
    let [pod] = chosen[..] else {
        return vec![format!("{title} is for {} kinds of pods", chosen.len())];
    };
    let mut problems = Problems::new();
    if pod.name() != name(service) {
        problems.push(format!("{title} is for {}", pod.name()));
    }
    for port in items(&service["spec"]["ports"]) {
        let target = match &port["targetPort"] {
            Value::Null => &port["port"],
            target => target,
        };
        if pod.port(target) != port["port"].as_u64() {
            problems.push(format!(
                "{title}: {target} is not where {} listens",
                pod.title()
            ));
        }
    }
    problems
}

/// Paths lead to Services, and external projects go straight to their own door.
fn ingress_problems(manifests: &Manifests, ingress: &Value) -> Problems {
    let mut problems = Problems::new();
    for rule in items(&ingress["spec"]["rules"]) {
        let mut ways = BTreeSet::new();
        for path in items(&rule["http"]["paths"]) {
            let backend = &path["backend"]["service"];
            let (named, port) = (
                backend["name"].as_str().unwrap_or_default(),
                &backend["port"],
            );
            let there = manifests.find("Service", named).is_some_and(|service| {
                let mut ports = items(&service["spec"]["ports"]);
                ports.any(|each| each["name"] == port["name"] || each["port"] == port["number"])
            });
            if !there {
                problems.push(format!(
                    "{}: {} leads nowhere",
                    title(ingress),
                    path["path"]
                ));
            }
            let prefix = path["pathType"] == "Prefix";
            ways.insert((prefix, path["path"].as_str().unwrap_or_default(), named));
        }
        let wanted = [
            (true, "/", "gateway"),
            (true, "/api/external", "external-gateway"),
        ];
        if ways != BTreeSet::from(wanted) {
            problems.push(format!("{} has other ways: {ways:?}", title(ingress)));
        }
    }
    problems
}

/// Every service has a Service; nothing is there twice, or in another namespace.
fn names(manifests: &Manifests) -> Problems {
    let lacking = programs::all().into_iter().map(|service| service.name);
    let lacking = lacking.filter(|name| manifests.find("Service", name).is_none());
    let mut problems: Problems = lacking
        .map(|name| format!("there is no Service {name}"))
        .collect();
    let mut known = BTreeSet::new();
    for document in &manifests.0 {
        if !known.insert(title(document)) {
            problems.push(format!("{} is there twice", title(document)));
        }
        let place = match document["kind"].as_str() {
            Some("Namespace") => &document["metadata"]["name"],
            _ => &document["metadata"]["namespace"],
        };
        if *place != NAMESPACE {
            problems.push(format!("{} is in {place}", title(document)));
        }
    }
    problems
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_names_name_what_is_there() {
    const LABEL: &str = "app.kubernetes.io~1name";
    let ticket = "Deployment/ticket";
    let pods = format!("/spec/template/metadata/labels/{LABEL}");
    let backend = "/spec/rules/0/http/paths/0/backend/service";
    let twin = json!({
        "kind": "ServiceAccount",
        "metadata": {"name": "ticket", "namespace": NAMESPACE},
    });
    holds(
        check,
        &[
            put(ticket, &pods, "tickets"),
            put(ticket, &pods, "auth"),
            put(
                ticket,
                "/spec/selector/matchLabels",
                json!({"app.kubernetes.io/part-of": "supportdesk"}),
            ),
            put(
                ticket,
                "/spec/template/spec/containers/0/volumeMounts",
                json!([{"name": "files", "mountPath": "/files"}]),
            ),
            put(
                ticket,
                "/spec/template/spec/volumes",
                json!([{"name": "files", "persistentVolumeClaim": {"claimName": "files"}}]),
            ),
            remove("Service/ticket", ""),
            put("Service/ticket", &format!("/spec/selector/{LABEL}"), "auth"),
            put("Service/ticket", "/spec/ports/0/targetPort", "https"),
            put("Service/ticket", "/spec/ports/0/port", 80),
            put("Service/ticket", "/metadata/namespace", "default"),
            put(
                "Ingress/supportdesk",
                &format!("{backend}/name"),
                "externals",
            ),
            put(
                "Ingress/supportdesk",
                &format!("{backend}/port/name"),
                "https",
            ),
            put("Ingress/supportdesk", &format!("{backend}/name"), "gateway"),
            remove("Ingress/supportdesk", "/spec/rules/0/http/paths/0"),
            put(
                "Ingress/supportdesk",
                "/spec/rules/0/http/paths/1/pathType",
                "Exact",
            ),
            add(twin),
        ],
    );
}
