//! The OpenAPI document.

use serde_json::Value;

use crate::world::World;

const PATHS: &[(&str, &[&str])] = &[
    ("/admin/projects", &["get", "post"]),
    ("/admin/projects/{id}", &["delete", "get", "patch", "put"]),
    ("/admin/projects/{id}/agents", &["post"]),
    ("/admin/projects/{id}/agents/{userId}", &["delete"]),
    ("/admin/projects/{id}/api-keys", &["get", "post"]),
    ("/admin/projects/{id}/api-keys/{keyId}", &["delete"]),
    ("/internal/heads", &["get"]),
    ("/internal/keys/used", &["post"]),
    ("/internal/keys/verify", &["post"]),
    ("/internal/projects", &["get"]),
    ("/internal/projects/{id}", &["get"]),
    ("/internal/republish", &["post"]),
    ("/projects", &["get"]),
    ("/projects/{id}/agents", &["get"]),
];

#[tokio::test]
async fn every_route_is_in_the_document_and_the_document_is_served() {
    let world = World::start().await;
    let served = world.desk.stranger().get("/openapi.json").await.expect(200);
    assert_eq!(served, serde_json::to_value(project::openapi()).unwrap());
    let paths = served["paths"].as_object().unwrap();
    assert_eq!(paths.len(), PATHS.len());
    for (path, methods) in PATHS {
        let mut documented: Vec<_> = paths[*path]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        documented.sort_unstable();
        assert_eq!(&documented, methods, "{path}");
        for operation in paths[*path].as_object().unwrap().values() {
            assert_ne!(operation["summary"], Value::Null, "{path}");
        }
    }
}
