//! Who follows a ticket.

use desk_testkit::Client;
use serde_json::{Value, json};

use crate::desk::{ADMIN, AGENT, Desk, NAIJA};

async fn watch(client: Client, id: i64) -> Value {
    let watched = client
        .post(&format!("/tickets/{id}/watch"), json!({}))
        .await;
    watched.expect(200)["watching"].clone()
}

#[tokio::test]
async fn watching_is_the_callers_own_and_toggles() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    for client in [desk.agent(), desk.admin(), desk.tunde()] {
        assert_eq!(watch(client, id).await, true);
    }
    assert_eq!(watch(desk.tunde(), id).await, false);

    let path = format!("/tickets/{id}");
    for (client, watching) in [
        (desk.agent(), true),
        (desk.admin(), true),
        (desk.super_admin(), false),
        (desk.tunde(), false),
    ] {
        let shown = client.get(&path).await.expect(200)["ticket"].clone();
        assert_eq!(shown["watching"], watching);
        let listed = client.get("/tickets").await.expect(200)["data"][0].clone();
        assert_eq!(listed["watching"], watching);
    }
    assert_eq!(
        desk.ticket(id).await["watchers"],
        json!([{"id": AGENT, "name": "Alice Okafor"}, {"id": ADMIN, "name": "Admin"}])
    );
}

#[tokio::test]
async fn customers_do_not_learn_who_watches() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let before = desk.ticket(id).await;
    watch(desk.agent(), id).await;
    let path = format!("/tickets/{id}");
    let seen = desk.tunde().get(&path).await.expect(200)["ticket"].clone();
    assert_eq!(seen.get("watchers"), None);
    assert_eq!(seen["activities"].as_array().unwrap().len(), 1);
    assert_eq!(seen["last_activity_at"], before["last_activity_at"]);

    let activity = desk.ticket(id).await["activities"][1].clone();
    assert_eq!(
        (&activity["type"], &activity["actor"]["id"]),
        (&json!("watched"), &json!(AGENT))
    );
    assert_eq!(
        activity["changes"],
        json!([{"field": "watching", "from": false, "to": true}])
    );
}

#[tokio::test]
async fn every_event_names_the_watchers() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    watch(desk.agent(), id).await;
    desk.agent()
        .patch(
            &format!("/tickets/{id}/status"),
            json!({"status": "resolved"}),
        )
        .await
        .expect(200);
    let watchers: Vec<Value> = sqlx::query_scalar(
        "select coalesce(payload #> '{ticket,watchers}', '[]') from outbox
         where aggregate_kind = 'ticket' order by seq",
    )
    .fetch_all(&desk.db)
    .await
    .unwrap();
    assert_eq!(watchers, [json!([]), json!([AGENT]), json!([AGENT])]);
}
