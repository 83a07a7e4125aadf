//! The internal route.

use desk_bus::Consumer;
use desk_events::{Event, Role};

use crate::{
    facts::{AGENT, heard, reply},
    stack::Stack,
};

#[tokio::test]
async fn deliveries_come_in_pages_the_newest_first() {
    let stack = Stack::start().await;
    let events: Vec<Event> = (1..=5)
        .map(|sequence| heard(reply(7, sequence, AGENT)))
        .collect();
    stack
        .notifier()
        .apply(&mut stack.db.acquire().await.unwrap(), &events)
        .await
        .unwrap();
    let page = stack
        .ticket
        .get("/internal/deliveries?ticket_id=7&per_page=2")
        .await
        .expect(200);
    assert_eq!((&page["total"], &page["last_page"]), (&5.into(), &3.into()));
    assert_eq!(page["data"][0]["message_id"], 705);
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    let nothing = stack
        .ticket
        .get("/internal/deliveries?ticket_id=8")
        .await
        .expect(200);
    assert_eq!(nothing["total"], 0);
}

#[tokio::test]
async fn a_bad_query_names_its_fields() {
    let stack = Stack::start().await;
    for (query, field) in [
        ("", "ticket_id"),
        ("?ticket_id=", "ticket_id"),
        ("?ticket_id=x", "ticket_id"),
        ("?ticket_id=0", "ticket_id"),
        ("?ticket_id=99999999999999999999", "ticket_id"),
        ("?ticket_id=1&per_page=101", "per_page"),
        ("?ticket_id=1&page=0", "page"),
    ] {
        let answer = stack
            .ticket
            .get(&format!("/internal/deliveries{query}"))
            .await
            .expect(422);
        assert!(answer["details"][field].is_array(), "{query}: {answer}");
    }
}

#[tokio::test]
async fn only_services_are_let_in() {
    let stack = Stack::start().await;
    let desk = &stack.desk;
    for caller in [
        desk.user(1, Role::SuperAdmin),
        desk.key(1, 3),
        desk.anonymous(),
        desk.stranger(),
    ] {
        caller
            .get("/internal/deliveries?ticket_id=1")
            .await
            .expect(401);
    }
}
