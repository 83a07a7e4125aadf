//! The external project's side.

use serde_json::json;

use crate::desk::{AGENT, AGRI, DISABLED, Desk, FRESH, NAIJA, external_ticket};

#[tokio::test]
async fn ping_names_the_project() {
    let desk = Desk::start().await;
    let pong = desk.key(NAIJA).get("/external/ping").await.expect(200);
    assert_eq!(pong["status"], "ok");
    assert_eq!(
        pong["project"],
        json!({"id": 1, "name": "NaijaHomes", "slug": "naijahomes"})
    );
    assert!(pong["timestamp"].as_str().unwrap().ends_with('Z'));
    desk.key(FRESH).get("/external/ping").await.expect(200);
    for client in [
        desk.key(DISABLED),
        desk.key(999),
        desk.admin(),
        desk.stranger(),
        desk.anonymous(),
    ] {
        let refused = client.get("/external/ping").await.expect(401);
        assert_eq!(refused, json!({"error": "Invalid API credentials"}));
    }
}

#[tokio::test]
async fn a_project_reads_its_tickets() {
    let desk = Desk::start().await;
    let (id, number) = desk.file(NAIJA).await;
    let (_, other) = desk.file_for(NAIJA, "ada@example.com").await;
    desk.file(AGRI).await;
    desk.admin()
        .patch(&format!("/tickets/{id}/assign"), json!({"user_id": AGENT}))
        .await
        .expect(200);
    desk.agent()
        .post(&format!("/tickets/{id}/messages"), json!({"body": "Hi"}))
        .await
        .expect(201);

    let all = desk.key(NAIJA).get("/external/tickets").await.expect(200);
    assert_eq!((&all["total"], &all["per_page"]), (&json!(2), &json!(20)));
    assert_eq!(all["data"][0]["ticket_number"], other);
    for (query, count) in [
        ("customer_email=Tunde%40example.com", 1),
        ("status=open", 1),
        ("status=in_progress&priority=high", 1),
        ("priority=low", 0),
        ("customer_email=nobody", 0),
    ] {
        let page = desk
            .key(NAIJA)
            .get(&format!("/external/tickets?{query}"))
            .await
            .expect(200);
        assert_eq!(page["total"], count, "{query}");
    }
    desk.key(NAIJA)
        .get("/external/tickets?status=new")
        .await
        .expect(422);

    let ticket = desk
        .key(NAIJA)
        .get(&format!("/external/tickets/{number}"))
        .await
        .expect(200);
    let ticket = &ticket["ticket"];
    assert_eq!(ticket["assigned_to"], "Alice Okafor");
    assert_eq!(ticket["description"], "The upload button does nothing.");
    assert_eq!(ticket["customer_id"], json!(null));
    assert_eq!(ticket["metadata"], json!({}));
    assert_eq!(ticket["messages"][0]["from"], "Alice Okafor");
    assert_eq!(ticket["messages"][0]["is_agent"], true);
    let row = desk
        .key(NAIJA)
        .get("/external/tickets?customer_email=tunde@example.com")
        .await
        .expect(200);
    for field in [
        "ticket_id",
        "ticket_number",
        "subject",
        "reply_count",
        "last_activity_at",
    ] {
        assert_eq!(row["data"][0][field], ticket[field], "{field}");
    }
}

#[tokio::test]
async fn a_key_sees_its_own_project_alone() {
    let desk = Desk::start().await;
    let (_, number) = desk.file(NAIJA).await;
    let body = json!({"customer_email": "tunde@example.com", "body": "x"});
    let path = format!("/external/tickets/{number}");
    desk.key(AGRI).get(&path).await.expect(404);
    desk.key(AGRI)
        .post(&format!("{path}/reply"), body.clone())
        .await
        .expect(404);
    desk.key(AGRI)
        .post(&format!("{path}/close"), body)
        .await
        .expect(404);
    assert_eq!(
        desk.key(AGRI).get("/external/tickets").await.expect(200)["total"],
        0
    );
    desk.key(NAIJA)
        .get("/external/tickets/NAIJ-1999-00001")
        .await
        .expect(404);
    desk.key(NAIJA)
        .get("/external/tickets/%00")
        .await
        .expect(404);
}

#[tokio::test]
async fn the_customer_replies_and_closes() {
    let desk = Desk::start().await;
    let (id, number) = desk.file(NAIJA).await;
    let path = format!("/external/tickets/{number}");
    let from = |email: &str| json!({"customer_email": email, "body": "Thanks"});
    desk.key(NAIJA)
        .post(&format!("{path}/reply"), from("mallory@example.com"))
        .await
        .expect(403);
    desk.key(NAIJA)
        .post(&format!("{path}/close"), from("mallory@example.com"))
        .await
        .expect(403);
    let reply = desk
        .key(NAIJA)
        .post(&format!("{path}/reply"), from("TUNDE@EXAMPLE.COM"))
        .await
        .expect(201);
    assert_eq!(
        (&reply["ticket"], &reply["status"]),
        (&json!(number), &json!("open"))
    );
    assert!(reply["message_id"].is_i64());
    for _ in 0..2 {
        let closed = desk
            .key(NAIJA)
            .post(&format!("{path}/close"), from("tunde@example.com"))
            .await
            .expect(200);
        assert_eq!(
            closed,
            json!({"message": "Ticket closed", "ticket": number})
        );
    }
    desk.key(NAIJA)
        .post(&format!("{path}/reply"), from("tunde@example.com"))
        .await
        .expect(409);

    let ticket = desk.ticket(id).await;
    assert_eq!(ticket["status"], "closed");
    assert_eq!(ticket["resolved_at"], json!(null));
    assert_eq!(
        ticket["messages"][0]["user"],
        json!({"id": 5, "name": "Tunde Adeyemi"})
    );
    assert_eq!(ticket["messages"][0]["is_agent"], false);
    assert_eq!(ticket["version"], 3);
}

#[tokio::test]
async fn a_staff_address_is_just_an_address() {
    let desk = Desk::start().await;
    let (id, number) = desk.file_for(NAIJA, "alice@support.local").await;
    let body = json!({"customer_email": "alice@support.local", "body": "As staff"});
    desk.key(NAIJA)
        .post(&format!("/external/tickets/{number}/reply"), body)
        .await
        .expect(201);
    let ticket = desk.ticket(id).await;
    assert_eq!(ticket["creator"]["id"], json!(null));
    assert_eq!(ticket["messages"][0]["is_agent"], false);
    assert_eq!(ticket["messages"][0]["user"], json!(null));
    assert_eq!(ticket["first_response_at"], json!(null));
}

#[tokio::test]
async fn phps_empty_array_is_an_empty_object() {
    let desk = Desk::start().await;
    let mut body = external_ticket("a@example.com");
    body["metadata"] = json!([]);
    body["customer_id"] = json!("");
    desk.key(NAIJA)
        .post("/external/tickets", body)
        .await
        .expect(201);
}
