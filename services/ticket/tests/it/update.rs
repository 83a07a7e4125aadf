//! Changing what a ticket says.

use serde_json::{Value, json};

use crate::desk::{ADMIN, AGENT, Desk, KEY, NAIJA, portal_ticket};

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

#[tokio::test]
async fn every_entry_of_the_history_names_who_changed_what() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}");
    let messages = format!("{path}/messages");
    let note = desk
        .agent()
        .post(&messages, json!({"body": "x", "type": "note"}))
        .await
        .expect(201);
    let reply = desk
        .agent()
        .post(&messages, json!({"body": "x"}))
        .await
        .expect(201);
    desk.admin().delete(&path).await.expect(200);
    desk.admin()
        .post(&format!("/admin/tickets/{id}/restore"), json!({}))
        .await
        .expect(200);
    let seen = desk.ticket(id).await["activities"].clone();
    let told: Vec<_> = seen
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                &entry["actor"]["type"],
                &entry["actor"]["id"],
                &entry["changes"],
            )
        })
        .collect();
    let change = |field, from, to| json!([{"field": field, "from": from, "to": to}]);
    let (user, key) = (json!("user"), json!("key"));
    let (agent, admin, holder) = (json!(AGENT), json!(ADMIN), json!(KEY + 100));
    assert_eq!(
        told,
        [
            (&key, &holder, &change("status", json!(null), json!("open"))),
            (
                &user,
                &agent,
                &change("message_id", json!(null), note["message"]["id"].clone())
            ),
            (
                &user,
                &agent,
                &change("message_id", json!(null), reply["message"]["id"].clone())
            ),
            (&user, &admin, &change("deleted", json!(false), json!(true))),
            (&user, &admin, &change("deleted", json!(true), json!(false))),
        ]
    );
    // The customer's part tells of no note.
    let shown = desk.tunde().get(&path).await.expect(200)["ticket"]["activities"].clone();
    let shown = shown.as_array().unwrap();
    assert_eq!(shown.len(), 4);
    let told_of_note = |entry: &Value| entry["changes"][0]["to"] == note["message"]["id"];
    assert!(!shown.iter().any(told_of_note), "{shown:?}");
}
