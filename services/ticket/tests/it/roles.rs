//! The role table and tenant isolation, endpoint by endpoint.

use axum::{body::Body, http::Method};
use desk_testkit::Client;
use serde_json::json;

use crate::desk::{Desk, NAIJA};

async fn status(client: &Client, method: &str, path: &str, body: &str) -> u16 {
    let client = client
        .clone()
        .with_header("content-type", "application/json");
    let method: Method = method.parse().unwrap();
    client
        .send(method, path, Body::from(body.to_owned()))
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn roles_are_checked_before_bodies() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    // An empty body: 403 says that the role forbids it, 422 that it does not.
    for (method, path, [super_admin, admin, agent, customer]) in [
        ("POST", "/tickets".to_owned(), [422; 4]),
        ("GET", "/tickets".to_owned(), [200; 4]),
        ("GET", format!("/tickets/{id}"), [200; 4]),
        ("GET", format!("/tickets/{id}/messages"), [200; 4]),
        ("POST", format!("/tickets/{id}/messages"), [422; 4]),
        (
            "PATCH",
            format!("/tickets/{id}/status"),
            [422, 422, 422, 403],
        ),
        (
            "PATCH",
            format!("/tickets/{id}/assign"),
            [422, 422, 422, 403],
        ),
        (
            "POST",
            format!("/tickets/{id}/rating"),
            [422, 422, 403, 422],
        ),
        ("POST", format!("/tickets/{id}/watch"), [200; 4]),
        ("PUT", format!("/tickets/{id}"), [200; 4]),
        ("DELETE", "/tickets/999".to_owned(), [404, 404, 403, 403]),
        (
            "POST",
            format!("/admin/tickets/{id}/restore"),
            [404, 404, 403, 403],
        ),
        ("GET", "/attachments/999".to_owned(), [404; 4]),
        ("GET", "/categories".to_owned(), [200; 4]),
        ("POST", "/categories".to_owned(), [422, 422, 403, 403]),
        ("PUT", "/categories/999".to_owned(), [404, 404, 403, 403]),
        ("DELETE", "/categories/999".to_owned(), [404, 404, 403, 403]),
        ("GET", "/sla".to_owned(), [200; 4]),
        ("GET", "/admin/sla".to_owned(), [200; 4]),
        ("POST", "/admin/sla".to_owned(), [422, 422, 403, 403]),
        ("PUT", "/admin/sla/1".to_owned(), [200, 200, 403, 403]),
        ("DELETE", "/admin/sla/999".to_owned(), [404, 404, 403, 403]),
        ("GET", "/admin/calendars".to_owned(), [200, 200, 403, 403]),
        ("POST", "/admin/calendars".to_owned(), [422, 422, 403, 403]),
        (
            "PUT",
            "/admin/calendars/999".to_owned(),
            [404, 404, 403, 403],
        ),
        (
            "DELETE",
            "/admin/calendars/999".to_owned(),
            [404, 404, 403, 403],
        ),
        ("GET", "/tags".to_owned(), [200; 4]),
        ("POST", "/tags".to_owned(), [422, 422, 422, 403]),
        ("DELETE", "/tags/999".to_owned(), [404, 404, 404, 403]),
        ("GET", "/canned-responses".to_owned(), [200, 200, 200, 403]),
        ("POST", "/canned-responses".to_owned(), [422, 422, 422, 403]),
        (
            "PUT",
            "/canned-responses/999".to_owned(),
            [404, 404, 404, 403],
        ),
        (
            "DELETE",
            "/canned-responses/999".to_owned(),
            [404, 404, 404, 403],
        ),
        (
            "GET",
            "/canned-responses/999/render".to_owned(),
            [422, 422, 422, 403],
        ),
    ] {
        for (client, expected) in [
            (desk.super_admin(), super_admin),
            (desk.admin(), admin),
            (desk.agent(), agent),
            (desk.tunde(), customer),
            (desk.stranger(), 401),
            (desk.anonymous(), 401),
            (desk.key(NAIJA), 401),
        ] {
            assert_eq!(
                status(&client, method, &path, "{}").await,
                expected,
                "{method} {path}"
            );
        }
        // Broken JSON is read only once the role is found to be allowed.
        if customer == 403 {
            assert_eq!(
                status(&desk.tunde(), method, &path, "{").await,
                403,
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_customer_changes_no_priority_and_writes_no_note() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    for (method, path, body) in [
        ("PUT", format!("/tickets/{id}"), r#"{"priority":"low"}"#),
        (
            "POST",
            format!("/tickets/{id}/messages"),
            r#"{"body":"x","type":"note"}"#,
        ),
        ("GET", "/tickets?deleted=true".to_owned(), ""),
    ] {
        assert_eq!(
            status(&desk.tunde(), method, &path, body).await,
            403,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn nobody_reaches_into_anothers_ticket() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let before = desk.ticket(id).await;
    for client in [desk.other_agent(), desk.ada()] {
        let staff = client.get("/tickets?deleted=0").await.status.as_u16() == 200;
        assert!(staff);
        for (method, path, body) in [
            ("GET", format!("/tickets/{id}"), ""),
            ("GET", format!("/tickets/{id}/messages"), ""),
            ("PUT", format!("/tickets/{id}"), r#"{"subject":"Mine"}"#),
            ("POST", format!("/tickets/{id}/messages"), r#"{"body":"x"}"#),
            ("POST", format!("/tickets/{id}/watch"), ""),
        ] {
            assert_eq!(
                status(&client, method, &path, body).await,
                404,
                "{method} {path}"
            );
        }
    }
    let rating = format!("/tickets/{id}/rating");
    assert_eq!(
        status(&desk.ada(), "POST", &rating, r#"{"score":1}"#).await,
        404
    );
    for (path, body) in [
        ("status", r#"{"status":"closed"}"#),
        ("assign", r#"{"user_id":4}"#),
    ] {
        let path = format!("/tickets/{id}/{path}");
        assert_eq!(
            status(&desk.other_agent(), "PATCH", &path, body).await,
            404,
            "{path}"
        );
    }
    assert_eq!(desk.ticket(id).await, before);
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
