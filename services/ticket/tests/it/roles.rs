//! Who is let in at all: the kind of caller that the document names, for each route. What roles and
//! scope grant is the end-to-end matrix's.

use axum::{body::Body, http::Method};
use serde_json::json;

use crate::desk::{Desk, NAIJA};

#[tokio::test]
async fn an_operation_is_for_the_kind_of_caller_that_it_names() {
    let desk = Desk::start().await;
    let document = serde_json::to_value(ticket::openapi()).unwrap();
    let (people, keys) = (desk.super_admin(), desk.key(NAIJA));
    let (services, visitors) = (desk.service("auth"), desk.anonymous());
    for (path, item) in document["paths"].as_object().unwrap() {
        let target = path.replace(['{', '}'], "");
        for (verb, operation) in item.as_object().unwrap() {
            let security = operation["security"].to_string();
            let refused = if security.contains("api_key") {
                [&people, &services, &visitors]
            } else if security.contains("portal") {
                [&keys, &services, &visitors]
            } else {
                [&people, &keys, &visitors]
            };
            for client in refused.into_iter().chain([&desk.stranger()]) {
                let method: Method = verb.to_uppercase().parse().unwrap();
                let answer = client.send(method, &target, Body::from("{")).await;
                assert_eq!(answer.status, 401, "{verb} {path}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn an_unverified_address_opens_nothing() {
    let desk = Desk::start().await;
    let (id, _) = desk.file_for(NAIJA, "ada@example.com").await;
    desk.ada().get(&format!("/tickets/{id}")).await.expect(404);
    sqlx::query("update replica_users set email_verified_at = now() where id = 6")
        .execute(&desk.db)
        .await
        .unwrap();
    desk.ada().get(&format!("/tickets/{id}")).await.expect(200);
    let found = desk.ada().get("/tickets").await.expect(200);
    assert_eq!(found["total"], json!(1));
}

#[tokio::test]
async fn every_route_is_in_the_document_with_its_capability() {
    let document = serde_json::to_value(ticket::openapi()).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            // Services show who they are by themselves.
            let inner = path.starts_with("/internal/");
            assert_eq!(operation["security"].is_array(), !inner, "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            if ["/tickets", "/admin/tickets", "/attachments"]
                .iter()
                .any(|prefix| path.starts_with(prefix))
            {
                assert!(operation["x-capability"].is_string(), "{method} {path}");
            }
        }
    }
    for path in ["/tickets", "/tickets/{id}/messages"] {
        let body = &document["paths"][path]["post"]["requestBody"]["content"];
        for kind in ["application/json", "multipart/form-data"] {
            assert!(body[kind]["schema"].is_object(), "{path} as {kind}");
        }
    }
    // Updates answer to PUT and PATCH both.
    assert_eq!(operations, 55);
}
