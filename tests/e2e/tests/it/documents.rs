//! The API document covers every route: each handler is annotated, and each annotation is served.

use std::{fs, path::Path};

use e2e::World;
use serde_json::Value;
use xtask::service::Service;

/// Every method that an annotation in the sources declares, by file.
fn annotated(folder: &Path, found: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            annotated(&path, found);
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for annotation in source.split("#[utoipa::path(").skip(1) {
            let head: String = annotation
                .chars()
                .filter(|c| !c.is_whitespace())
                .take(40)
                .collect();
            *found += if head.starts_with("method(") { 2 } else { 1 };
        }
        // What every service with an outbox answers to consumers.
        if source.contains("desk_bus::reconcile::routes()") {
            let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
            annotated(&shared.join("bus/src/reconcile/owner"), found);
        }
        let door = path.components().any(|part| part.as_os_str() == "gateway");
        assert!(
            door || !source.contains(".route("),
            "{} adds a route past the document",
            path.display()
        );
    }
}

fn operations(document: &Value) -> usize {
    let paths = document["paths"].as_object().unwrap();
    paths
        .values()
        .map(|item| item.as_object().unwrap().len())
        .sum()
}

#[tokio::test]
async fn every_route_is_in_the_document() {
    let world = World::start("documents").await;
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let mut public = 0;
    for service in Service::ALL
        .into_iter()
        .filter(|service| !service.is_door())
    {
        let mut declared = 0;
        annotated(&services.join(service.name()).join("src"), &mut declared);
        let own = world.at(service).get("/openapi.json").await.expect(200);
        assert_eq!(operations(&own), declared, "{service}");
        assert_eq!(own["info"]["title"], service.name());
        let paths = own["paths"].as_object().unwrap();
        let inner = paths
            .iter()
            .filter(|(path, _)| path.starts_with("/internal"));
        public += declared
            - inner
                .map(|(_, item)| item.as_object().unwrap().len())
                .sum::<usize>();
    }
    // The gateway's own, which is the merged document itself.
    annotated(&services.join("gateway/src"), &mut public);
    let merged = world.stranger().get("/openapi.json").await.expect(200);
    assert_eq!(merged["openapi"], "3.1.0");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let committed: Value = serde_json::from_slice(&fs::read(committed).unwrap()).unwrap();
    assert!(
        merged == committed,
        "the running desk serves another document than the committed one"
    );
    assert_eq!(operations(&merged), public);
    assert!(!merged.to_string().contains("/internal/"));

    let mut names: Vec<&str> = merged["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "operation ids are unique");
    world.stop().await;
}
