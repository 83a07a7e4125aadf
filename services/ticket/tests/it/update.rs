//! Changing what a ticket says.

use serde_json::json;

use crate::desk::{Desk, NAIJA, portal_ticket};

#[tokio::test]
async fn an_update_changes_what_is_named() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}");
    let body = json!({"subject": "New", "priority": "critical", "category_id": 2, "tags": [1, 3]});
    let ticket = desk.agent().put(&path, body).await.expect(200)["ticket"].clone();
    assert_eq!(ticket["subject"], "New");
    assert_eq!(ticket["sla_policy"]["name"], "Critical");
    assert_eq!(ticket["category"]["id"], 2);
    assert_eq!(ticket["tags"].as_array().unwrap().len(), 2);
    let fields: Vec<&str> = ticket["activities"][1]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["subject", "category_id", "priority", "tags"]);

    let cleared = desk
        .agent()
        .patch(&path, json!({"category_id": null, "tags": []}))
        .await
        .expect(200);
    assert_eq!(cleared["ticket"]["category"], json!(null));
    assert_eq!(cleared["ticket"]["tags"], json!([]));
    assert_eq!(cleared["ticket"]["version"], 3);
    let same = desk.agent().patch(&path, json!({})).await.expect(200);
    assert_eq!(same["ticket"]["version"], 3);
    for bad in [
        json!({"subject": null}),
        json!({"category_id": 999}),
        json!({"tags": [999]}),
    ] {
        desk.agent().patch(&path, bad).await.expect(422);
    }
}

#[tokio::test]
async fn a_customer_edits_the_text_of_an_open_ticket_only() {
    let desk = Desk::start().await;
    let filed = desk
        .tunde()
        .post("/tickets", portal_ticket(NAIJA))
        .await
        .expect(201);
    let id = filed["ticket"]["id"].as_i64().unwrap();
    let path = format!("/tickets/{id}");
    desk.tunde()
        .put(&path, json!({"subject": "Better"}))
        .await
        .expect(200);
    for field in [
        json!({"priority": "low"}),
        json!({"tags": []}),
        json!({"category_id": null}),
    ] {
        let mut body = field;
        body["subject"] = json!("Sneaky");
        desk.tunde().put(&path, body).await.expect(403);
    }
    assert_eq!(desk.ticket(id).await["subject"], "Better");
    desk.agent()
        .patch(&format!("{path}/status"), json!({"status": "in_progress"}))
        .await
        .expect(200);
    desk.tunde()
        .put(&path, json!({"subject": "Late"}))
        .await
        .expect(409);
}

#[tokio::test]
async fn a_stale_write_is_refused() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}");
    let at = |version: i64| {
        desk.agent()
            .with_header("if-match", &format!("\"{version}\""))
    };
    at(1)
        .put(&path, json!({"subject": "One"}))
        .await
        .expect(200);
    at(1)
        .put(&path, json!({"subject": "Two"}))
        .await
        .expect(409);
    at(1)
        .patch(&format!("{path}/status"), json!({"status": "closed"}))
        .await
        .expect(409);
    at(1)
        .patch(&format!("{path}/assign"), json!({"user_id": null}))
        .await
        .expect(409);
    at(1)
        .post(&format!("{path}/messages"), json!({"body": "x"}))
        .await
        .expect(409);
    at(2)
        .put(&path, json!({"subject": "Two"}))
        .await
        .expect(200);
}
