//! Consumers: what they do not know, cannot read, or share with a replica.

use crate::{
    desk::{Desk, count, eventually},
    ledger::Ledger,
};

/// Events that the durable has not been acknowledged for, or not delivered.
async fn outstanding(desk: &Desk) -> u64 {
    let stream = desk
        .jetstream()
        .get_stream(desk.bus.stream_name())
        .await
        .unwrap();
    match stream.consumer_info("ledger").await {
        Ok(info) => info.num_pending + info.num_ack_pending as u64,
        Err(_) => u64::MAX,
    }
}

#[tokio::test]
async fn an_unknown_type_or_a_newer_version_is_acknowledged() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.say_raw("project.exploded", 1, 1, r#"{"loud": true}"#)
        .await;
    desk.say_raw("project.counted", 1, 2, "{}").await;
    sqlx::query("update outbox set version = 2 where sequence = 2")
        .execute(&desk.pool)
        .await
        .unwrap();
    desk.say(&[count(2, 1, 1)]).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    eventually("the known one arrives", async || {
        Ledger::entry(&desk.pool, 2).await.is_some()
    })
    .await;
    eventually("all are acknowledged", async || {
        outstanding(&desk).await == 0
    })
    .await;
    assert_eq!(desk.number("select count(*) from dead_letters").await, 0);
    assert_eq!(desk.stored().await, 3);
}

#[tokio::test]
async fn two_replicas_share_the_events() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger.clone(), desk.stop.clone());
    desk.another_bus()
        .await
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    for n in 1..=10 {
        desk.say(&(1..=100).map(|id| count(id, n, n)).collect::<Vec<_>>())
            .await;
    }
    eventually("every aggregate has its last", async || {
        desk.number("select count(*) from ledger where sequence = 10 and tickets = 10")
            .await
            == 100
    })
    .await;
    eventually("all are acknowledged", async || {
        outstanding(&desk).await == 0
    })
    .await;
}

#[tokio::test]
async fn only_the_asked_for_subjects_come() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.say_raw("user.created", 5, 1, "{}").await;
    desk.say(&[count(1, 1, 1)]).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    eventually("it arrives", async || {
        Ledger::entry(&desk.pool, 1).await.is_some()
    })
    .await;
    eventually("all are acknowledged", async || {
        outstanding(&desk).await == 0
    })
    .await;
    // A malformed account event would have become a dead letter.
    assert_eq!(desk.number("select count(*) from dead_letters").await, 0);
    assert_eq!(desk.stored().await, 2);
}
