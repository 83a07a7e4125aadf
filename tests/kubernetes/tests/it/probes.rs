//! Every service is asked whether it lives and whether it is ready, where it tells.

use serde_json::{Value, json};

use crate::{
    holding::{holds, put, remove},
    manifests::{Manifests, Problems},
    programs,
};

/// A starting service waits a minute for its database; this much it has at least.
const START_SECONDS: u64 = 90;

fn check(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    for pod in manifests.services() {
        let title = pod.title();
        let Some(service) = programs::named(pod.name()) else {
            problems.push(format!("{title} is no service"));
            continue;
        };
        for (port, number) in [("http", service.port), ("admin", service.port + 1000)] {
            if pod.port(&port.into()) != Some(number.into()) {
                problems.push(format!("{title}: {port} is not {number}"));
            }
        }
        for container in pod.containers() {
            for (probe, path) in [
                ("startupProbe", "/livez"),
                ("livenessProbe", "/livez"),
                ("readinessProbe", "/readyz"),
            ] {
                let asked = &container[probe]["httpGet"];
                if asked["path"] != path || asked["port"] != "admin" {
                    problems.push(format!("{title}: {probe} does not ask {path}"));
                }
            }
            if patience(&container["startupProbe"]) < START_SECONDS {
                problems.push(format!("{title} has too little time to start"));
            }
        }
    }
    for service in programs::all() {
        if manifests.find("Deployment", service.name).is_none() {
            problems.push(format!("{} is not deployed", service.name));
        }
    }
    problems
}

fn patience(probe: &Value) -> u64 {
    let number = |field: &str, default| probe[field].as_u64().unwrap_or(default);
    number("periodSeconds", 10) * number("failureThreshold", 3)
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_every_service_is_probed() {
    const CONTAINER: &str = "/spec/template/spec/containers/0";
    let at = |field: &str| format!("{CONTAINER}/{field}");
    holds(
        check,
        &[
            remove("Deployment/notifier", ""),
            remove("Deployment/ticket", &at("startupProbe")),
            remove("Deployment/ticket", &at("livenessProbe")),
            put(
                "Deployment/auth",
                &at("readinessProbe/httpGet/path"),
                "/livez",
            ),
            put("Deployment/auth", &at("livenessProbe/httpGet/port"), "http"),
            put("Deployment/auth", &at("startupProbe/failureThreshold"), 3),
            put("Deployment/gateway", &at("ports/0/containerPort"), 80),
            put(
                "Deployment/gateway",
                &at("ports/1"),
                json!({"name": "metrics", "containerPort": 9080}),
            ),
        ],
    );
}
