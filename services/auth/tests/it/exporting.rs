//! All about a person as one JSON object.

use axum::{Json, Router, extract::Query, routing::get};
use desk_identity::Role;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::desk::{Auth, PASSWORD};

#[derive(Deserialize)]
struct After {
    after: i64,
}

/// Ticket as far as exports ask it: two pages of tickets, no message. Answers its address.
async fn ticket() -> String {
    let tickets = |Query(page): Query<After>| async move {
        Json(match page.after {
            0 => json!({"rows": [{"id": 1}, {"id": 2}], "next": 2}),
            2 => json!({"rows": [{"id": 3}], "next": null}),
            other => panic!("after {other}"),
        })
    };
    let messages = || async { Json(json!({"rows": [], "next": null})) };
    let router = Router::new()
        .route("/internal/people/{id}/tickets", get(tickets))
        .route("/internal/people/{id}/messages", get(messages));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn actions(export: &Value) -> Vec<&str> {
    let rows = export["audit"].as_array().unwrap().iter();
    rows.map(|row| row["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_export_holds_all_that_there_is_page_after_page() {
    let auth = Auth::with_ticket(&ticket().await).await;
    let id = auth.person("ada@desk.test", Role::Customer).await;
    auth.login("ada@desk.test").await;
    let path = format!("/admin/users/{id}/export");
    let answer = auth.admin().get(&path).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let export = answer.expect(200);
    assert_eq!(export["user"]["email"], "ada@desk.test");
    assert_eq!(export["tickets"], json!([{"id": 1}, {"id": 2}, {"id": 3}]));
    assert_eq!(export["messages"], json!([]));
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(export["login_addresses"][0]["address"], "192.0.2.1");
    assert_eq!(actions(&export), ["user.created", "user.exported"]);
    // Whence an admin acted is not the person's.
    assert_eq!(export["audit"][0]["address"], Value::Null);
    let text = export.to_string();
    assert!(
        !text.contains("argon2") && !text.contains(PASSWORD),
        "{text}"
    );
}

#[tokio::test]
async fn an_export_is_audited_and_tells_of_itself() {
    let auth = Auth::with_ticket(&ticket().await).await;
    let id = auth.person("ada@desk.test", Role::Customer).await;
    let path = format!("/admin/users/{id}/export");
    auth.admin().get(&path).await.expect(200);
    auth.admin()
        .delete(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    let export = auth.super_admin().get(&path).await.expect(200);
    assert!(export["deleted_at"].is_string());
    assert_eq!(
        actions(&export),
        [
            "user.created",
            "user.exported",
            "user.deleted",
            "user.exported"
        ]
    );
    assert_eq!(export["audit"][1]["actor_id"], 900_001);
}

#[tokio::test]
async fn without_ticket_there_is_no_export() {
    let auth = Auth::start().await;
    let id = auth.person("ada@desk.test", Role::Customer).await;
    let path = format!("/admin/users/{id}/export");
    auth.admin().get(&path).await.expect(503);
    auth.admin()
        .get("/admin/users/404404/export")
        .await
        .expect(404);
    let exported = "select count(*) from audit where action = 'user.exported'";
    assert_eq!(auth.count(exported).await, 0);
}
