//! Appending: with the change or not at all, within limits, and in the request's name.

use desk_bus::outbox::{self, AppendError};
use desk_events::{AggregateKind, Event, Fact, MAX_EVENT_BYTES, ProjectState};
use desk_telemetry::TraceContext;

use crate::{
    desk::{Desk, count, eventually},
    ledger::Ledger,
};

#[tokio::test]
async fn a_rolled_back_transaction_publishes_nothing() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    let mut tx = desk.pool.begin().await.unwrap();
    outbox::append(&mut tx, &[count(1, 1, 5)]).await.unwrap();
    tx.rollback().await.unwrap();
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());

    desk.say(&[count(2, 1, 7)]).await;
    eventually("the other arrives", async || {
        Ledger::entry(&desk.pool, 2).await.is_some()
    })
    .await;
    assert_eq!(Ledger::entry(&desk.pool, 1).await, None);
    assert_eq!(desk.stored().await, 1);
}

#[tokio::test]
async fn an_event_that_is_too_large_is_refused_before_anything_is_written() {
    let desk = Desk::open().await;
    let mut large = count(1, 1, 1);
    large.aggregate.kind = AggregateKind::Project;
    large.fact = Fact::ProjectCreated(Box::new(ProjectState {
        id: 1,
        name: "x".repeat(MAX_EVENT_BYTES),
        slug: "x".into(),
        prefix: "X".into(),
        is_active: true,
        deleted: false,
    }));
    let mut tx = desk.pool.begin().await.unwrap();
    let refused = outbox::append(&mut tx, &[count(2, 1, 1), large])
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        AppendError::TooLarge {
            subject: "project.created",
            ..
        }
    ));
    outbox::append(&mut tx, &[count(2, 1, 1)])
        .await
        .expect("the transaction is still good");
    tx.commit().await.unwrap();
    assert_eq!(desk.number("select count(*) from outbox").await, 1);
}

#[tokio::test]
async fn nothing_to_say_is_no_statement() {
    let desk = Desk::open().await;
    let mut conn = desk.pool.acquire().await.unwrap();
    outbox::append(&mut conn, &[]).await.unwrap();
    assert_eq!(desk.pending().await, 0);
}

#[tokio::test]
async fn rows_follow_the_given_order() {
    let desk = Desk::open().await;
    let events: Vec<_> = (1..=300).map(|n| count(n % 7, n, n)).collect();
    desk.say(&events).await;
    let sequences: Vec<i64> = sqlx::query_scalar("select sequence from outbox order by seq")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    assert_eq!(sequences, (1..=300).collect::<Vec<_>>());
    assert_eq!(desk.pending().await, 300);
}

#[tokio::test]
async fn an_event_is_said_once() {
    let desk = Desk::open().await;
    desk.say(&[count(1, 1, 1)]).await;
    let twice = sqlx::query(
        "insert into outbox (event_id, aggregate_kind, aggregate_id, sequence, type, occurred_at,
                             payload)
         select event_id, aggregate_kind, aggregate_id, sequence, type, occurred_at, payload
         from outbox",
    )
    .execute(&desk.pool)
    .await
    .unwrap_err();
    assert!(twice.as_database_error().unwrap().is_unique_violation());
}

#[tokio::test]
async fn an_event_carries_the_request_it_came_from_into_its_consumer() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    let context = TraceContext::accept(Some("req-42"), None);
    desk_telemetry::scope(context.clone(), desk.say(&[count(1, 1, 1)])).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger.clone(), desk.stop.clone());

    eventually("it arrives", async || {
        Ledger::entry(&desk.pool, 1).await.is_some()
    })
    .await;
    assert_eq!(*ledger.traces.lock().unwrap(), [context]);
}

#[tokio::test]
async fn the_wire_holds_the_whole_envelope() {
    let desk = Desk::open().await;
    let context = TraceContext::accept(Some("req-42"), None);
    desk_telemetry::scope(context.clone(), desk.say(&[count(9, 4, 11)])).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.published().await;

    let stream = desk
        .jetstream()
        .get_stream(desk.bus.stream_name())
        .await
        .unwrap();
    let message = stream.get_raw_message(1).await.unwrap();
    assert_eq!(
        message.subject.as_str(),
        desk.bus.subject("project.counted")
    );
    let event = Event::decode(&message.payload).unwrap();
    let said = count(9, 4, 11);
    assert_eq!(
        (event.aggregate, event.sequence),
        (said.aggregate, said.sequence)
    );
    assert_eq!(event.occurred_at, said.occurred_at);
    assert_eq!(desk_bus::trace(&event), context);
    assert_eq!(event.id.get_version_num(), 7);
    assert!(matches!(event.fact, Fact::ProjectCounted(counted) if counted.tickets == 11));
}
