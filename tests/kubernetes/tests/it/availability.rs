//! A desk stays up while nodes are drained, pods replaced and load comes and goes.

use serde_json::{Value, json};

use crate::{
    holding::{holds, holds_in, put, remove},
    manifests::{Manifests, NAME, Pod, Problems, items, name, selects, title, unmet},
    programs,
    rendered::Overlay,
};

/// Until every balancer has heard that a pod leaves.
const HEARSAY_SECONDS: u64 = 5;
/// What a service gives its last requests.
const LAST_REQUESTS_SECONDS: u64 = 20;
/// What it may take besides: batches and mails under way, the last spans.
const REST_SECONDS: u64 = 10;

fn check(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    for pod in manifests.services() {
        let wrong = pod_problems(pod).chain(deployment_problems(manifests, pod));
        problems.extend(wrong.map(|what| format!("{}: {what}", pod.title())));
    }
    for scaler in manifests.of("HorizontalPodAutoscaler") {
        let wrong = scaler_problems(manifests, scaler);
        problems.extend(wrong.map(|what| format!("{}: {what}", title(scaler))));
    }
    for budget in manifests.of("PodDisruptionBudget") {
        let mut pods = manifests.services();
        if !pods.any(|pod| selects(&budget["spec"]["selector"], pod.labels())) {
            problems.push(format!("{} is for nobody", title(budget)));
        }
    }
    problems
}

fn pod_problems(pod: Pod<'_>) -> impl Iterator<Item = &'static str> {
    let spec = pod.spec();
    let before = &pod.spec()["containers"][0]["lifecycle"]["preStop"];
    let unheard = before["sleep"]["seconds"].as_u64().unwrap_or(0) + drain_seconds(pod);
    let grace = spec["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
    let spread = |topology: &str| {
        items(&spec["topologySpreadConstraints"])
            .any(|constraint| constraint["topologyKey"] == topology && is_own(constraint, pod))
    };
    unmet([
        (
            unheard >= HEARSAY_SECONDS,
            "stops listening before anybody knows",
        ),
        (
            grace >= unheard + LAST_REQUESTS_SECONDS + REST_SECONDS,
            "is killed while it stops",
        ),
        (spread("kubernetes.io/hostname"), "is not spread over nodes"),
        (
            spread("topology.kubernetes.io/zone"),
            "is not spread over zones",
        ),
    ])
}

/// How long a service that was told to stop goes on by itself, if it does.
fn drain_seconds(pod: Pod<'_>) -> u64 {
    let service = programs::named(pod.name());
    let draining = service.as_ref().and_then(|service| {
        let mut known = service.serve.get_arguments();
        known.find(|known| {
            known
                .get_env()
                .is_some_and(|name| name == "SUPPORTDESK_DRAIN_SECONDS")
        })
    });
    let default = draining.and_then(|known| known.get_default_values().first()?.to_str());
    default
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(0)
}

/// Whether a spread constraint counts a service's own pods, of one version, apart from all others.
fn is_own(constraint: &Value, pod: Pod<'_>) -> bool {
    let keys = &constraint["matchLabelKeys"];
    selects(&constraint["labelSelector"], pod.labels())
        && items(keys).any(|key| key == NAME)
        && items(keys).any(|key| key == "pod-template-hash")
}

fn deployment_problems<'a>(
    manifests: &'a Manifests,
    pod: Pod<'a>,
) -> impl Iterator<Item = &'static str> {
    let deployment = pod.owner;
    let several = manifests.replicas(deployment) > 1;
    let mut budgets = manifests.of("PodDisruptionBudget").filter(|budget| {
        selects(&budget["spec"]["selector"], pod.labels()) && budget["spec"]["maxUnavailable"] == 1
    });
    let rollout = &deployment["spec"]["strategy"]["rollingUpdate"];
    let mut scalers = manifests.of("HorizontalPodAutoscaler");
    let scaled = scalers.any(|scaler| scaler["spec"]["scaleTargetRef"]["name"] == name(deployment));
    unmet([
        (
            !several || budgets.next().is_some(),
            "may lose all its pods at once",
        ),
        (
            !several || rollout["maxUnavailable"] == 0,
            "serves with fewer pods during a rollout",
        ),
        (
            !scaled || deployment["spec"]["replicas"].is_null(),
            "has its replicas told by two",
        ),
    ])
}

fn scaler_problems<'a>(
    manifests: &'a Manifests,
    scaler: &'a Value,
) -> impl Iterator<Item = &'static str> {
    let spec = &scaler["spec"];
    let target = &spec["scaleTargetRef"];
    let named = target["name"].as_str().unwrap_or_default();
    let exists = target["kind"] == "Deployment" && manifests.find("Deployment", named).is_some();
    let (least, most) = (spec["minReplicas"].as_u64(), spec["maxReplicas"].as_u64());
    unmet([
        (exists, "scales nobody"),
        (
            least >= Some(2) && least < most,
            "has nothing to choose from",
        ),
        (
            items(&spec["metrics"]).next().is_some(),
            "does not know when",
        ),
    ])
}

/// Production's own: every service is there more than once.
fn check_several(manifests: &Manifests) -> Problems {
    let alone = manifests
        .of("Deployment")
        .filter(|deployment| manifests.replicas(deployment) < 2);
    alone
        .map(|deployment| format!("{} has no second pod", title(deployment)))
        .collect()
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_a_service_outlives_its_pods() {
    const POD: &str = "/spec/template/spec";
    let pod = |field: &str| format!("{POD}/{field}");
    let ticket = "Deployment/ticket";
    holds(
        check,
        &[
            put(ticket, &pod("terminationGracePeriodSeconds"), 30),
            remove(ticket, &pod("topologySpreadConstraints/0")),
            remove(ticket, &pod("topologySpreadConstraints/1")),
            put(
                ticket,
                &pod("topologySpreadConstraints/1/matchLabelKeys"),
                json!([NAME]),
            ),
            remove("PodDisruptionBudget/ticket", ""),
            remove("PodDisruptionBudget/notifier", ""),
            put("PodDisruptionBudget/ticket", "/spec/maxUnavailable", "100%"),
            put(
                "PodDisruptionBudget/ticket",
                "/spec/selector/matchLabels/app.kubernetes.io~1name",
                "tickets",
            ),
            put(ticket, "/spec/strategy/rollingUpdate/maxUnavailable", 1),
            put(ticket, "/spec/replicas", 2),
            put(
                "HorizontalPodAutoscaler/ticket",
                "/spec/scaleTargetRef/name",
                "tickets",
            ),
            put("HorizontalPodAutoscaler/ticket", "/spec/minReplicas", 8),
            put("HorizontalPodAutoscaler/ticket", "/spec/minReplicas", 1),
            put("HorizontalPodAutoscaler/ticket", "/spec/metrics", json!([])),
        ],
    );
    // As long as the services do not drain by themselves, their pods have to wait.
    let production = Overlay::Production.manifests();
    let owner = production.find("Deployment", "gateway").unwrap();
    if drain_seconds(Pod { owner }) < HEARSAY_SECONDS {
        holds(
            check,
            &[remove("Deployment/gateway", &pod("containers/0/lifecycle"))],
        );
    }
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_every_service_is_there_twice() {
    holds_in(
        &[Overlay::Base, Overlay::Production],
        check_several,
        &[
            remove("HorizontalPodAutoscaler/ticket", ""),
            put("Deployment/notifier", "/spec/replicas", 1),
        ],
    );
}
