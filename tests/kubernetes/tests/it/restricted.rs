//! Pods keep the Pod Security Standard "restricted" and a little more: nothing is written but to
//! volumes, and nobody holds a token for the cluster.

use serde_json::{Value, json};

use crate::{
    holding::{holds, put, remove},
    manifests::{Manifests, Pod, Problems, items, title, unmet},
};

/// Volumes that hold nothing of the node's.
const VOLUMES: [&str; 5] = [
    "configMap",
    "emptyDir",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

fn check(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    for pod in manifests.pods() {
        let wrong = pod_problems(pod);
        problems.extend(wrong.map(|what| format!("{}: {what}", pod.title())));
        for container in pod.containers() {
            let wrong = container_problems(container);
            problems.extend(wrong.map(|what| format!("{}: {what}", pod.title())));
        }
        let account = pod.spec()["serviceAccountName"].as_str();
        if manifests
            .find("ServiceAccount", account.unwrap_or("default"))
            .is_none()
        {
            problems.push(format!("{} has no account of its own", pod.title()));
        }
    }
    for account in manifests.of("ServiceAccount") {
        if account["automountServiceAccountToken"] != false {
            problems.push(format!("{} gives its token away", title(account)));
        }
    }
    for namespace in manifests.of("Namespace") {
        let enforced = &namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"];
        if *enforced != "restricted" {
            problems.push(format!("{} is not restricted", title(namespace)));
        }
    }
    problems
}

fn pod_problems(pod: Pod<'_>) -> impl Iterator<Item = &'static str> {
    let spec = pod.spec();
    let context = &spec["securityContext"];
    let on_node = ["hostNetwork", "hostPID", "hostIPC"];
    let mut volumes = items(&spec["volumes"]);
    unmet([
        (context["runAsNonRoot"] == true, "may run as root"),
        (
            context["runAsUser"].as_u64() > Some(0),
            "has no user of its own",
        ),
        (
            context["seccompProfile"]["type"] == "RuntimeDefault",
            "may make any system call",
        ),
        (
            on_node.iter().all(|field| spec[field] != true),
            "is part of its node",
        ),
        (volumes.all(is_kept_apart), "has a volume of the node's"),
        (
            spec["automountServiceAccountToken"] == false,
            "holds a token for the cluster",
        ),
        (
            spec["enableServiceLinks"] == false,
            "gets variables that are nobody's settings",
        ),
    ])
}

fn container_problems(container: &Value) -> impl Iterator<Item = &'static str> {
    let context = &container["securityContext"];
    let mut ports = items(&container["ports"]);
    unmet([
        (
            context["allowPrivilegeEscalation"] == false,
            "may gain privileges",
        ),
        (context["privileged"] != true, "is privileged"),
        (
            context["capabilities"] == json!({"drop": ["ALL"]}),
            "has capabilities",
        ),
        (
            context["readOnlyRootFilesystem"] == true,
            "may write anywhere",
        ),
        (
            context["runAsUser"] != 0 && context["runAsNonRoot"] != false,
            "runs as root",
        ),
        (
            ports.all(|port| port["hostPort"].is_null()),
            "has a port of its node's",
        ),
    ])
}

fn is_kept_apart(volume: &Value) -> bool {
    let fields = volume.as_object().into_iter().flatten();
    fields
        .filter(|(field, _)| *field != "name")
        .all(|(field, _)| VOLUMES.contains(&field.as_str()))
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_pods_are_restricted() {
    const POD: &str = "/spec/template/spec";
    let pod = |field: &str| format!("{POD}/{field}");
    let container = |field: &str| format!("{POD}/containers/0/{field}");
    let context = |field: &str| format!("{POD}/containers/0/securityContext/{field}");
    let (ticket, job) = ("Deployment/ticket", "Job/ticket-migration");
    holds(
        check,
        &[
            remove(ticket, &pod("securityContext")),
            put(ticket, &pod("securityContext/runAsNonRoot"), false),
            put(ticket, &pod("securityContext/runAsUser"), 0),
            remove(job, &pod("securityContext/seccompProfile")),
            put(ticket, &pod("hostNetwork"), true),
            put(
                ticket,
                &pod("volumes"),
                json!([{"name": "x", "hostPath": {"path": "/"}}]),
            ),
            put(ticket, &pod("automountServiceAccountToken"), true),
            remove(ticket, &pod("automountServiceAccountToken")),
            remove(job, &pod("enableServiceLinks")),
            remove(job, &pod("serviceAccountName")),
            put(ticket, &context("allowPrivilegeEscalation"), true),
            put(ticket, &context("privileged"), true),
            put(
                ticket,
                &context("capabilities"),
                json!({"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
            ),
            remove(job, &context("readOnlyRootFilesystem")),
            put(ticket, &context("runAsUser"), 0),
            put(ticket, &container("ports/0/hostPort"), 80),
            put(ticket, &pod("initContainers"), json!([{"name": "shell"}])),
            put(
                "ServiceAccount/ticket",
                "/automountServiceAccountToken",
                true,
            ),
            remove("ServiceAccount/migration", ""),
            remove(
                "Namespace/supportdesk",
                "/metadata/labels/pod-security.kubernetes.io~1enforce",
            ),
        ],
    );
}
