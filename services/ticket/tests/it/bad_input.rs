//! Whatever comes in, a clear 4xx goes out and nothing is written.

use axum::{body::Body, http::Method};
use serde_json::{Value, json};

use crate::desk::{Desk, NAIJA, external_ticket, portal_ticket};

async fn rows(desk: &Desk) -> i64 {
    sqlx::query_scalar("select (select count(*) from tickets) + (select count(*) from outbox)")
        .fetch_one(&desk.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let desk = Desk::start().await;
    let before = rows(&desk).await;
    let body = json!({
        "project_id": "one",
        "subject": "s".repeat(256),
        "description": "",
        "priority": "urgent",
        "category_id": -1,
        "tags": (1..=51).collect::<Vec<i64>>(),
        "customer_email": "nobody",
        "customer_phone": "0".repeat(51),
        "metadata": "{}",
    });
    let answer = desk
        .tunde()
        .post("/tickets", body.clone())
        .await
        .expect(422);
    assert_eq!(answer["error"], "Validation failed.");
    for field in body.as_object().unwrap().keys() {
        assert!(answer["details"][field].is_array(), "{field}: {answer}");
    }
    let answer = desk
        .key(NAIJA)
        .post("/external/tickets", json!({}))
        .await
        .expect(422);
    for field in ["customer_name", "customer_email", "subject", "description"] {
        assert!(answer["details"][field].is_array(), "{field}: {answer}");
    }
    let mut ids = portal_ticket(NAIJA);
    ids["category_id"] = json!(999);
    ids["tags"] = json!([1, 999]);
    let answer = desk.tunde().post("/tickets", ids).await.expect(422);
    assert!(answer["details"]["category_id"].is_array() && answer["details"]["tags"].is_array());
    assert_eq!(rows(&desk).await, before);
}

#[tokio::test]
async fn odd_values_are_refused_field_by_field() {
    let desk = Desk::start().await;
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!([deep]);
    }
    for (field, value) in [
        ("subject", json!("nul \u{0}")),
        ("subject", json!(5)),
        ("description", json!("x".repeat(65_536))),
        ("customer_email", json!("a@b@c")),
        ("customer_id", json!(1.5)),
        ("customer_id", json!({})),
        ("category_id", json!(1e30)),
        ("category_id", json!(999)),
        ("metadata", json!({"k": "nul \u{0}"})),
        ("metadata", json!({"k": "x".repeat(70_000)})),
        ("metadata", json!({"k": deep})),
        ("metadata", json!([1])),
    ] {
        let mut body = external_ticket("a@example.com");
        body[field] = value;
        let answer = desk
            .key(NAIJA)
            .post("/external/tickets", body)
            .await
            .expect(422);
        assert!(answer["details"][field].is_array(), "{field}: {answer}");
    }
}

#[tokio::test]
async fn unreadable_bodies_have_their_own_answers() {
    let desk = Desk::start().await;
    let key = desk.key(NAIJA);
    for (content_type, body, status) in [
        ("application/json", "{\"a\":".to_owned(), 400),
        ("application/json", "[1]".to_owned(), 422),
        ("text/plain", "{}".to_owned(), 415),
        (
            "application/json",
            format!("{{\"a\":\"{}\"}}", "x".repeat(1024 * 1024)),
            413,
        ),
    ] {
        let client = key.clone().with_header("content-type", content_type);
        let answer = client
            .send(Method::POST, "/external/tickets", Body::from(body))
            .await;
        assert!(answer.expect(status)["error"].is_string());
    }
    key.send(Method::PUT, "/external/tickets", Body::empty())
        .await
        .expect(405);
    key.get("/external/nothing").await.expect(404);
}

#[tokio::test]
async fn bad_queries_are_never_ignored() {
    let desk = Desk::start().await;
    for query in [
        "page=0",
        "page=-1",
        "page=x",
        "page=99999999999999999999",
        "per_page=0",
        "per_page=101",
        "status=new",
        "priority=urgent",
        "project_id=0",
        "assigned_to=me",
        "unassigned=maybe",
        "overdue=2",
        "category_id=9999999999999999999999",
        "created_from=2024-02-30",
        "created_to=yesterday",
        // Before PostgreSQL's first day, and after the last of all.
        "created_from=-9999-01-01",
        "created_to=9999-12-31T23:59:59-23:00",
        "sort=name",
        "sort=--created_at",
        "cursor=nonsense",
        "search=%00",
    ] {
        let answer = desk
            .admin()
            .get(&format!("/tickets?{query}"))
            .await
            .expect(422);
        let field = query.split('=').next().unwrap();
        assert!(answer["details"][field].is_array(), "{query}: {answer}");
    }
    let long = "x".repeat(201);
    desk.admin()
        .get(&format!("/tickets?search={long}"))
        .await
        .expect(422);
}

#[tokio::test]
async fn ids_that_are_none_are_not_found() {
    let desk = Desk::start().await;
    for id in [
        "0",
        "-1",
        "x",
        "1.5",
        "9223372036854775807",
        "9223372036854775808",
        "%00",
        "1%20",
    ] {
        desk.admin()
            .get(&format!("/tickets/{id}"))
            .await
            .expect(404);
        desk.admin()
            .delete(&format!("/tickets/{id}"))
            .await
            .expect(404);
        desk.admin()
            .put(&format!("/tickets/{id}"), json!({"subject": "x"}))
            .await
            .expect(404);
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let desk = Desk::start().await;
    for _ in 0..2 {
        desk.file(NAIJA).await;
    }
    let page: Value = desk.admin().get("/tickets?per_page=1").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    desk.admin()
        .get(&format!("/tickets?sort=priority&cursor={cursor}"))
        .await
        .expect(422);
    desk.admin()
        .get(&format!("/tickets?cursor={cursor}"))
        .await
        .expect(200);
}
