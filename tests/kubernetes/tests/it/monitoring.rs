//! Prometheus finds every service, and alerts by the same rules as everywhere else.

use std::fs;

use serde_json::Value;

use crate::{
    holding::{holds_in, put, remove},
    manifests::{Manifests, Problems, items, selects, title},
    programs,
    rendered::{Overlay, root},
};

/// The rules as Prometheus reads them.
const RULES: &str = "deploy/prometheus/rules";

fn check(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    for service in programs::all() {
        let Some(service) = manifests.find("Service", service.name) else {
            problems.push(format!("{} has no Service", service.name));
            continue;
        };
        let labels = &service["metadata"]["labels"];
        let mut monitors = manifests.of("ServiceMonitor");
        let scraped = monitors.any(|monitor| {
            let mut endpoints = items(&monitor["spec"]["endpoints"]);
            selects(&monitor["spec"]["selector"], labels)
                && endpoints.any(|endpoint| is_admin(service, endpoint))
        });
        if !scraped {
            problems.push(format!("nobody scrapes {}", title(service)));
        }
    }
    problems
}

fn is_admin(service: &Value, endpoint: &Value) -> bool {
    let mut ports = items(&service["spec"]["ports"]);
    endpoint["port"] == "admin"
        && endpoint["path"] == "/metrics"
        && ports.any(|port| port["name"] == "admin")
}

/// The groups of all files of rules, in the order of their names; none as long as there are none.
fn groups() -> Option<Vec<Value>> {
    let files = fs::read_dir(root().join(RULES)).ok()?;
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|kind| kind == "yml" || kind == "yaml")
    });
    paths.sort();
    let groups = paths.iter().flat_map(|path| {
        let parsed = Manifests::parse(&fs::read_to_string(path).unwrap());
        parsed
            .0
            .into_iter()
            .flat_map(|file| items(&file["groups"]).cloned().collect::<Vec<_>>())
    });
    let groups: Vec<Value> = groups.collect();
    (!groups.is_empty()).then_some(groups)
}

fn check_rules(manifests: &Manifests) -> Problems {
    let rules = manifests
        .of("PrometheusRule")
        .flat_map(|rule| items(&rule["spec"]["groups"]));
    let rules: Vec<Value> = rules.cloned().collect();
    if rules.is_empty() {
        return vec!["nobody is alerted".to_owned()];
    }
    match groups() {
        Some(groups) if groups != rules => {
            vec![format!("k8s/base/rules.yaml has other groups than {RULES}")]
        }
        _ => Problems::new(),
    }
}

const WITH_OPERATOR: [Overlay; 2] = [Overlay::Base, Overlay::Production];

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_every_service_is_scraped() {
    let monitor = "ServiceMonitor/supportdesk";
    holds_in(
        &WITH_OPERATOR,
        check,
        &[
            remove(monitor, ""),
            put(monitor, "/spec/endpoints/0/port", "http"),
            put(monitor, "/spec/endpoints/0/path", "/"),
            remove(
                "Service/ticket",
                "/metadata/labels/app.kubernetes.io~1component",
            ),
            remove("Service/ticket", "/spec/ports/1"),
            remove("Service/ticket", ""),
        ],
    );
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_the_rules_are_those_of_prometheus() {
    let rules = "PrometheusRule/supportdesk";
    let mut breaks = vec![remove(rules, "")];
    if groups().is_some() {
        breaks.push(put(rules, "/spec/groups/0/rules/0/expr", "vector(1)"));
    }
    holds_in(&WITH_OPERATOR, check_rules, &breaks);
}
