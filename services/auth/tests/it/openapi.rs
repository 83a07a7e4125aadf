//! The document tells of every route.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::desk::Auth;

const ROUTES: [&str; 26] = [
    "delete /admin/users/{id}",
    "get /.well-known/jwks.json",
    "get /admin/audit",
    "get /admin/users",
    "get /admin/users/{id}",
    "get /admin/users/{id}/export",
    "get /auth/me",
    "get /internal/heads",
    "get /internal/revocations",
    "get /internal/users",
    "get /internal/users/{id}",
    "patch /admin/users/{id}",
    "patch /auth/profile",
    "post /admin/users",
    "post /admin/users/{id}/erase",
    "post /auth/forgot-password",
    "post /auth/login",
    "post /auth/logout",
    "post /auth/logout-all",
    "post /auth/refresh",
    "post /auth/register",
    "post /auth/reset-password",
    "post /auth/verify-email",
    "post /internal/republish",
    "put /admin/users/{id}",
    "put /auth/profile",
];

#[tokio::test]
async fn every_route_is_in_the_document() {
    let auth = Auth::start().await;
    let document = auth.desk.stranger().get("/openapi.json").await.expect(200);
    let told: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| operations(item).map(move |verb| format!("{verb} {path}")))
        .collect();
    assert_eq!(told.iter().map(String::as_str).collect::<Vec<_>>(), ROUTES);
}

#[tokio::test]
async fn every_operation_has_a_summary_a_tag_and_its_errors() {
    let document = serde_json::to_value(auth::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for verb in operations(item) {
            let operation = &item[verb];
            assert!(operation["summary"].is_string(), "{verb} {path}");
            assert!(operation["tags"].is_array(), "{verb} {path}");
            let admin = path.starts_with("/admin");
            assert_eq!(
                operation["x-capability"] == "manage_users",
                admin,
                "{verb} {path}"
            );
            assert_eq!(
                operation["responses"]["403"].is_object(),
                admin || path == "/auth/login",
                "{verb} {path}"
            );
        }
    }
}

fn operations(item: &Value) -> impl Iterator<Item = &str> {
    let verbs = ["get", "post", "put", "patch", "delete"];
    verbs.into_iter().filter(|verb| item[*verb].is_object())
}
