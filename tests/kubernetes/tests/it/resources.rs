//! Every container says what it needs, and no more than that is its memory.

use crate::{
    holding::{holds, put, remove},
    manifests::{Manifests, Problems, quantity},
};

fn check(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    for pod in manifests.pods() {
        let title = pod.title();
        for container in pod.containers() {
            let told = |kind: &str, what: &str| quantity(&container["resources"][kind][what]);
            if told("requests", "cpu").is_none() {
                problems.push(format!("{title} does not say how much processor it needs"));
            }
            match (told("requests", "memory"), told("limits", "memory")) {
                (Some(needed), Some(most)) if needed <= most => {}
                (Some(_), Some(_)) => problems.push(format!("{title} needs more than it may have")),
                _ => problems.push(format!("{title} does not bound its memory")),
            }
        }
    }
    problems
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_every_container_bounds_what_it_takes() {
    const RESOURCES: &str = "/spec/template/spec/containers/0/resources";
    let at = |field: &str| format!("{RESOURCES}/{field}");
    holds(
        check,
        &[
            remove("Deployment/ticket", RESOURCES),
            remove("Deployment/ticket", &at("limits/memory")),
            remove("Job/sla-worker-migration", &at("requests/cpu")),
            put("Deployment/auth", &at("requests/memory"), "2Gi"),
            put("Deployment/auth", &at("limits/memory"), "plenty"),
        ],
    );
}
