//! Tags by the API, and what becomes of tickets that have them.

use serde_json::{Value, json};

use crate::desk::{Desk, NAIJA};

async fn refused(desk: &Desk, body: Value, field: &str) {
    let answer = desk.agent().post("/tags", body.clone()).await.expect(422);
    assert!(answer["details"][field].is_array(), "{body}: {answer}");
}

#[tokio::test]
async fn staff_make_tags_whose_names_are_their_own() {
    let desk = Desk::start().await;
    let body = json!({"name": " Äpfel ", "color": "#00FF00"});
    let tag = desk.agent().post("/tags", body).await.expect(201)["tag"].clone();
    assert_eq!(
        (&tag["name"], &tag["color"]),
        (&json!("Äpfel"), &json!("#00FF00"))
    );
    assert_eq!(
        desk.said("tag", tag["id"].as_i64().unwrap()).await,
        [(1, "config.tag".to_owned())]
    );
    let tags = desk.tunde().get("/tags").await.expect(200);
    assert!(tags["tags"].as_array().unwrap().contains(&tag));
    refused(&desk, json!({"name": "äPFEL"}), "name").await;
    refused(&desk, json!({"name": "x".repeat(256)}), "name").await;
    refused(&desk, json!({"name": "x", "color": "green"}), "color").await;
    refused(&desk, json!({}), "name").await;

    // Of many who make the same at once one succeeds.
    let agent = desk.agent();
    let make = || agent.post("/tags", json!({"name": "Same"}));
    let (one, two, three) = tokio::join!(make(), make(), make());
    let mut statuses = [one, two, three].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422]);
}

#[tokio::test]
async fn a_deleted_tag_leaves_its_tickets() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}");
    desk.agent()
        .put(&path, json!({"tags": [1, 2]}))
        .await
        .expect(200);
    desk.agent().delete("/tags/2").await.expect(200);
    desk.agent().delete("/tags/2").await.expect(404);
    let left = json!([{"id": 1, "name": "urgent", "color": "#DC2626"}]);
    assert_eq!(desk.ticket(id).await["tags"], left);
    for query in ["tag=2", "tag=bug"] {
        let listed = desk
            .agent()
            .get(&format!("/tickets?{query}"))
            .await
            .expect(200);
        assert_eq!((&listed["total"], &listed["data"]), (&json!(0), &json!([])));
    }
    // It is no part of the ticket any more: neither kept, nor named again, nor told of.
    desk.agent()
        .put(&path, json!({"tags": [1, 2]}))
        .await
        .expect(422);
    let ticket = desk
        .agent()
        .put(&path, json!({"tags": [1, 3]}))
        .await
        .expect(200)["ticket"]
        .clone();
    let last = ticket["activities"].as_array().unwrap().last().unwrap();
    assert_eq!(
        last["changes"],
        json!([{"field": "tags", "from": [1], "to": [1, 3]}])
    );
    // The name is free again, and the new tag is on no ticket.
    let again = desk
        .agent()
        .post("/tags", json!({"name": "Bug"}))
        .await
        .expect(201);
    let query = format!("/tickets?tag={}", again["tag"]["id"]);
    assert_eq!(desk.agent().get(&query).await.expect(200)["total"], 0);
}
