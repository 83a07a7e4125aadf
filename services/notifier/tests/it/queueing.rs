//! Who is told of what, straight through the consumer.

use desk_bus::{
    Consumer, Unavailable,
    reconcile::{KeptBy, Known},
};
use desk_events::AggregateKind;
use serde_json::{Value, json};
use time::Duration;

use crate::{
    facts::{ADDRESS, AGENT, CUSTOMER, account, due_soon, heard, note, purged, reply},
    stack::Stack,
};

#[tokio::test]
async fn a_staff_reply_is_queued_for_the_customer() {
    let stack = Stack::start().await;
    let event = heard(reply(7, 2, AGENT));
    stack.hear(std::slice::from_ref(&event)).await;
    let mut queued = stack.deliveries(7).await;
    assert_eq!(queued.len(), 1);
    queued[0]["id"].take();
    assert_eq!(
        queued[0],
        json!({
            "id": null, "event_id": event.id.to_string(), "kind": "reply", "user_id": null, "email": ADDRESS,
            "ticket_id": 7, "project_id": 3, "ticket_number": "NAIJ-2026-00007",
            "message_id": 702, "subject": "Printer on fire", "excerpt": "words of message 2",
            "occurred_at": "2026-03-02T09:02:00Z", "state": "queued", "attempts": 0, "error": null,
        })
    );
}

#[tokio::test]
async fn a_customers_reply_is_queued_for_the_assignee() {
    let stack = Stack::start().await;
    stack.hear(&[heard(reply(7, 2, CUSTOMER))]).await;
    let queued = stack.deliveries(7).await;
    assert_eq!(queued.len(), 1);
    assert_eq!(
        (&queued[0]["user_id"], &queued[0]["email"]),
        (&json!(AGENT), &Value::Null)
    );
}

#[tokio::test]
async fn a_note_is_queued_for_nobody() {
    let stack = Stack::start().await;
    stack.hear(&[heard(note(7, 2))]).await;
    assert!(stack.deliveries(7).await.is_empty());
}

#[tokio::test]
async fn the_actor_is_not_told_by_the_tickets_own_address() {
    let stack = Stack::start().await;
    stack
        .hear(&[heard(account(AGENT, ADDRESS)), heard(reply(7, 2, AGENT))])
        .await;
    assert!(stack.deliveries(7).await.is_empty());
    // A colleague with another address: the customer and the assignee are told.
    stack
        .hear(&[
            heard(account(6, "grace@example.com")),
            heard(reply(7, 3, 6)),
        ])
        .await;
    assert_eq!(stack.deliveries(7).await.len(), 2);
}

#[tokio::test]
async fn an_event_queues_once_within_a_batch_and_across_batches() {
    let stack = Stack::start().await;
    let (first, second) = (heard(reply(7, 2, AGENT)), heard(reply(7, 3, CUSTOMER)));
    stack
        .hear(&[second.clone(), first.clone(), first.clone()])
        .await;
    stack.hear(&[first, second]).await;
    assert_eq!(stack.deliveries(7).await.len(), 2);
}

#[tokio::test]
async fn a_purge_drops_the_words_even_if_they_come_later() {
    let stack = Stack::start().await;
    let early = heard(reply(7, 2, AGENT));
    stack
        .hear(&[early.clone(), heard(reply(8, 2, AGENT))])
        .await;
    stack
        .hear(&[heard(purged(7, 4)), heard(reply(7, 3, AGENT))])
        .await;
    stack.hear(&[early]).await;
    assert!(stack.deliveries(7).await.is_empty());
    assert_eq!(stack.deliveries(8).await.len(), 1);
}

#[tokio::test]
async fn nobody_is_told_of_what_is_a_day_old() {
    let stack = Stack::start().await;
    let late = heard(reply(7, 2, AGENT));
    stack.advance(Duration::hours(24));
    stack
        .hear(&[late, heard(account(6, "grace@example.com"))])
        .await;
    assert!(stack.deliveries(7).await.is_empty());
    // Names are kept, however old.
    let copies: i64 = sqlx::query_scalar("select count(*) from replica_users")
        .fetch_one(&stack.db)
        .await
        .unwrap();
    assert_eq!(copies, 1);
}

#[tokio::test]
async fn a_deadline_of_a_ticket_that_was_never_heard_of_is_told_too() {
    let stack = Stack::start().await;
    let warning = heard(due_soon(7, 3));
    stack.owner.set_broken(true);
    let mut tx = stack.db.begin().await.unwrap();
    let notifier = stack.notifier();
    let warnings = std::slice::from_ref(&warning);
    let error = notifier.apply(&mut tx, warnings).await.unwrap_err();
    assert!(error.is::<Unavailable>(), "{error:#}");
    tx.rollback().await.unwrap();

    stack.owner.set_broken(false);
    stack.owner.knows(&[heard(reply(7, 2, AGENT))]);
    // Ticket 8 is gone.
    stack.hear(&[warning, heard(due_soon(8, 3))]).await;
    let queued = stack.deliveries(7).await;
    assert_eq!(queued.len(), 1, "{queued:?}");
    assert_eq!(
        (&queued[0]["kind"], &queued[0]["user_id"]),
        (&json!("due_soon"), &json!(AGENT))
    );
    assert!(stack.deliveries(8).await.is_empty());
}

#[tokio::test]
async fn tickets_are_compared_by_event_and_people_by_state() {
    let stack = Stack::start().await;
    stack.hear(&[heard(account(6, "grace@example.com"))]).await;
    let notifier = stack.notifier();
    let by_event = notifier
        .keeps()
        .iter()
        .filter(|kept| kept.by == KeptBy::Event)
        .map(|kept| kept.kind);
    assert_eq!(
        by_event.collect::<Vec<_>>(),
        [AggregateKind::Ticket, AggregateKind::Deadline]
    );
    let mut conn = stack.db.acquire().await.unwrap();
    let known = notifier
        .known(&mut conn, AggregateKind::User, &[5, 6])
        .await;
    assert_eq!(known.unwrap(), [Known { id: 6, sequence: 1 }]);
}
