//! Custom resources fit the definitions of their operators: types and missing fields by their
//! schemas, unknown keys by their types.

use std::fs;

use desk_testkit::tools;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    manifests::{Manifests, title},
    rendered::{Overlay, databases, root},
};

/// The operator's definitions at hand do not have it yet; what is in it is checked elsewhere.
const UNKNOWN: &str = "Database";

fn complaints(documents: &[&Value]) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("documents.json");
    fs::write(&path, serde_json::to_vec(documents).unwrap()).unwrap();
    let mut node = tools::checker("node");
    let script = root().join("tests/kubernetes/custom-resources.mjs");
    node.arg(script).arg(tools::node_modules()).arg(&path);
    let output = node.output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{words}");
    String::from_utf8(output.stdout).unwrap()
}

fn custom(manifests: &Manifests) -> Vec<&Value> {
    let ours = ["monitoring.coreos.com/v1", "postgresql.cnpg.io/v1"];
    let documents = manifests.0.iter();
    documents
        .filter(|document| {
            ours.iter()
                .any(|version| document["apiVersion"] == *version)
        })
        .filter(|document| document["kind"] != UNKNOWN)
        .collect()
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_custom_resources_fit_their_definitions() {
    let mut documents = custom(Overlay::Production.manifests());
    documents.extend(custom(&databases().manifests));
    let titles: Vec<String> = documents.iter().map(|document| title(document)).collect();
    assert_eq!(
        titles,
        [
            "PrometheusRule/supportdesk",
            "ServiceMonitor/supportdesk",
            "Cluster/supportdesk"
        ]
    );
    assert_eq!(complaints(&documents), "");

    for (at, path, value, told) in [
        (
            0,
            "/spec/groups/0/rules/0/expr",
            Value::Null,
            "expr must be",
        ),
        (
            1,
            "/spec/endpoints/0/interval",
            json!(15),
            "interval must be",
        ),
        (
            1,
            "/spec/endpoints/0",
            json!({"ports": "admin"}),
            "\"ports\"",
        ),
        (2, "/spec/instances", json!("three"), "instances must be"),
        (2, "/spec/storage", json!({"sizes": "1Gi"}), "\"sizes\""),
    ] {
        let mut copy = documents[at].clone();
        *copy.pointer_mut(path).unwrap() = value;
        let words = complaints(&[&copy]);
        assert!(words.contains(told), "nobody minds {path}: {words}");
    }
}
