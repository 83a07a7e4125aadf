//! A ticket's life in the portal.

use serde_json::json;
use time::Duration;

use crate::desk::{ADMIN, AGENT, Desk, FRESH, NAIJA, NEWCOMER, OTHER_AGENT, TUNDE, portal_ticket};

#[tokio::test]
async fn a_ticket_travels_from_filed_to_closed() {
    let desk = Desk::start().await;
    let (id, number) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}");

    let assigned = desk
        .agent()
        .patch(&format!("{path}/assign"), json!({"user_id": AGENT}))
        .await;
    assert_eq!(assigned.headers["etag"], "\"3\"");
    let assigned = assigned.expect(200)["ticket"].clone();
    assert_eq!(
        assigned["assignee"],
        json!({"id": AGENT, "name": "Alice Okafor"})
    );
    assert_eq!(assigned["status"], "in_progress");

    let reply = desk
        .agent()
        .post(
            &format!("{path}/messages"),
            json!({"body": " Have you cleared your cache? "}),
        )
        .await
        .expect(201)["message"]
        .clone();
    assert_eq!(reply["body"], "Have you cleared your cache?");
    assert_eq!(reply["type"], "reply");
    assert_eq!(reply["is_first_response"], true);
    assert_eq!(reply["user"], json!({"id": AGENT, "name": "Alice Okafor"}));

    desk.agent()
        .patch(
            &format!("{path}/status"),
            json!({"status": "pending_customer"}),
        )
        .await
        .expect(200);
    let replied = desk
        .key(NAIJA)
        .post(
            &format!("/external/tickets/{number}/reply"),
            json!({"body": "Yes.", "customer_email": "TUNDE@example.com"}),
        )
        .await
        .expect(201);
    assert_eq!(replied["status"], "in_progress");

    let resolved = desk
        .agent()
        .patch(&format!("{path}/status"), json!({"status": "resolved"}))
        .await
        .expect(200);
    assert!(resolved["ticket"]["resolved_at"].is_string());
    desk.agent()
        .patch(&format!("{path}/status"), json!({"status": "closed"}))
        .await
        .expect(200);
    desk.agent()
        .post(&format!("{path}/messages"), json!({"body": "x"}))
        .await
        .expect(409);

    let ticket = desk.ticket(id).await;
    let types: Vec<&str> = ticket["activities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|activity| activity["type"].as_str().unwrap())
        .collect();
    let history = [
        "created",
        "assigned",
        "status_changed",
        "reply_added",
        "status_changed",
        "reply_added",
        "status_changed",
        "status_changed",
        "status_changed",
    ];
    assert_eq!(types, history);
    let said = desk.said_types(id).await;
    assert_eq!(
        said,
        [
            "ticket.created",
            "ticket.assigned",
            "status.changed",
            "message.added",
            "status.changed",
            "message.added",
            "status.changed",
            "status.changed",
            "status.changed"
        ]
    );
    let sequences: Vec<i64> = desk
        .said("ticket", id)
        .await
        .into_iter()
        .map(|said| said.0)
        .collect();
    assert_eq!(sequences, (1..=9).collect::<Vec<i64>>());
    assert_eq!(ticket["version"], 9);
    assert_eq!(ticket["reply_count"], 2);
}

#[tokio::test]
async fn a_note_is_hidden_from_the_customer() {
    let desk = Desk::start().await;
    let (id, number) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}");
    let before = desk.ticket(id).await;
    desk.advance(Duration::minutes(5));
    let note = json!({"body": "He is a VIP", "type": "note"});
    desk.agent()
        .post(&format!("{path}/messages"), note.clone())
        .await
        .expect(201);
    desk.tunde()
        .post(&format!("{path}/messages"), note)
        .await
        .expect(403);

    let staff = desk.ticket(id).await;
    assert_eq!(staff["messages"][0]["type"], "note");
    assert_eq!(staff["activities"][1]["type"], "note_added");
    assert_eq!(staff["last_activity_at"], before["last_activity_at"]);
    assert_eq!(staff["reply_count"], 0);
    assert_eq!(staff["first_response_at"], json!(null));

    let customer = desk.tunde().get(&path).await.expect(200)["ticket"].clone();
    assert_eq!(customer["messages"], json!([]));
    assert_eq!(customer["activities"].as_array().unwrap().len(), 1);
    let page = desk
        .tunde()
        .get(&format!("{path}/messages"))
        .await
        .expect(200);
    assert_eq!((&page["total"], &page["data"]), (&json!(0), &json!([])));
    let project = desk
        .key(NAIJA)
        .get(&format!("/external/tickets/{number}"))
        .await
        .expect(200);
    assert_eq!(project["ticket"]["messages"], json!([]));
}

#[tokio::test]
async fn messages_come_in_pages() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}/messages");
    for n in 0..5 {
        desk.tunde()
            .post(&path, json!({"body": format!("m{n}")}))
            .await
            .expect(201);
    }
    let first = desk
        .agent()
        .get(&format!("{path}?per_page=2&page=1"))
        .await
        .expect(200);
    assert_eq!(
        (&first["total"], &first["last_page"]),
        (&json!(5), &json!(3))
    );
    assert_eq!(first["data"][1]["body"], "m1");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = desk
        .agent()
        .get(&format!("{path}?per_page=2&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(second["data"][0]["body"], "m2");
    let last = desk
        .agent()
        .get(&format!("{path}?per_page=2&page=3"))
        .await
        .expect(200);
    assert_eq!(
        (&last["data"][0]["body"], &last["next_cursor"]),
        (&json!("m4"), &json!(null))
    );
    let past = desk
        .agent()
        .get(&format!("{path}?page=9"))
        .await
        .expect(200);
    assert_eq!(past["data"], json!([]));
}

#[tokio::test]
async fn the_same_status_again_writes_nothing() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}/status");
    for _ in 0..2 {
        let answer = desk
            .agent()
            .patch(&path, json!({"status": "resolved"}))
            .await
            .expect(200);
        assert_eq!(answer["ticket"]["version"], 2);
    }
    assert_eq!(desk.said("ticket", id).await.len(), 2);
}

#[tokio::test]
async fn only_who_could_work_on_it_is_assigned() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}/assign");
    for (user, status) in [
        (json!(ADMIN), 200),
        (json!(OTHER_AGENT), 422),
        (json!(TUNDE), 422),
        (json!(NEWCOMER), 422),
        (json!(9999), 422),
        (json!("x"), 422),
        (json!(AGENT), 200),
        (json!(null), 200),
    ] {
        desk.admin()
            .patch(&path, json!({"user_id": user}))
            .await
            .expect(status);
    }
    desk.admin().patch(&path, json!({})).await.expect(422);
    let ticket = desk.ticket(id).await;
    assert_eq!(
        (&ticket["assigned_to"], &ticket["assignee"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(ticket["status"], "in_progress");

    let filed = desk
        .admin()
        .post("/tickets", portal_ticket(FRESH))
        .await
        .expect(201);
    let fresh = format!("/tickets/{}/assign", filed["ticket"]["id"]);
    desk.admin()
        .patch(&fresh, json!({"user_id": NEWCOMER}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_late_answer_is_a_breach_at_once() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    desk.advance(Duration::minutes(61));
    desk.agent()
        .post(&format!("/tickets/{id}/messages"), json!({"body": "Sorry"}))
        .await
        .expect(201);
    let ticket = desk.ticket(id).await;
    assert_eq!(ticket["first_response_breached"], true);
    assert_eq!(ticket["resolution_breached"], false);
    let said = desk.said_types(id).await;
    assert_eq!(said, ["ticket.created", "message.added", "ticket.breached"]);
}

#[tokio::test]
async fn staff_who_filed_for_themselves_are_no_agents_there() {
    let desk = Desk::start().await;
    let filed = desk
        .agent()
        .post("/tickets", portal_ticket(NAIJA))
        .await
        .expect(201);
    let path = format!("/tickets/{}/messages", filed["ticket"]["id"]);
    let own = desk
        .agent()
        .post(&path, json!({"body": "More"}))
        .await
        .expect(201);
    assert_eq!(
        (
            &own["message"]["is_agent"],
            &own["message"]["is_first_response"]
        ),
        (&json!(false), &json!(false))
    );
    let other = desk
        .admin()
        .post(&path, json!({"body": "Hello"}))
        .await
        .expect(201);
    assert_eq!(
        (
            &other["message"]["is_agent"],
            &other["message"]["is_first_response"]
        ),
        (&json!(true), &json!(true))
    );
}

#[tokio::test]
async fn a_deleted_ticket_is_found_nowhere_until_restored() {
    let desk = Desk::start().await;
    let (id, number) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}");
    let gone = desk.admin().delete(&path).await.expect(200);
    assert_eq!(gone, json!({"message": "Ticket deleted"}));
    desk.admin().get(&path).await.expect(404);
    desk.admin().delete(&path).await.expect(404);
    desk.admin()
        .put(&path, json!({"subject": "x"}))
        .await
        .expect(404);
    desk.admin()
        .patch(&format!("{path}/status"), json!({"status": "closed"}))
        .await
        .expect(404);
    desk.admin()
        .patch(&format!("{path}/assign"), json!({"user_id": null}))
        .await
        .expect(404);
    desk.admin()
        .post(&format!("{path}/messages"), json!({"body": "x"}))
        .await
        .expect(404);
    desk.admin()
        .get(&format!("{path}/messages"))
        .await
        .expect(404);
    desk.key(NAIJA)
        .get(&format!("/external/tickets/{number}"))
        .await
        .expect(404);
    assert_eq!(desk.admin().get("/tickets").await.expect(200)["total"], 0);
    let deleted = desk.admin().get("/tickets?deleted=true").await.expect(200);
    assert_eq!(deleted["data"][0]["id"], id);
    desk.agent().get("/tickets?deleted=true").await.expect(403);

    desk.agent()
        .post(&format!("/admin{path}/restore"), json!({}))
        .await
        .expect(403);
    let back = desk
        .admin()
        .post(&format!("/admin{path}/restore"), json!({}))
        .await
        .expect(200);
    assert_eq!(back["ticket"]["version"], 3);
    desk.admin()
        .post(&format!("/admin{path}/restore"), json!({}))
        .await
        .expect(404);
    desk.tunde().get(&path).await.expect(200);
}
