//! Poison: set aside after some tries, replayed, forgotten, erased with its ticket.

use std::sync::atomic::Ordering;

use desk_bus::dead_letters;

use crate::{
    desk::{Desk, count, eventually},
    ledger::{Ledger, PANIC, POISON},
};

async fn letters(desk: &Desk) -> Vec<dead_letters::DeadLetter> {
    let mut conn = desk.pool.acquire().await.unwrap();
    dead_letters::list(&mut conn, Some("ledger"), 100)
        .await
        .unwrap()
}

#[tokio::test]
async fn poison_is_set_aside_and_the_others_go_on() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.say(&[
        count(1, 1, 1),
        count(2, 1, POISON),
        count(3, 1, PANIC),
        count(1, 2, 2),
    ])
    .await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger.clone(), desk.stop.clone());
    eventually("the others arrive", async || {
        Ledger::entry(&desk.pool, 1).await == Some((2, 2, 2))
    })
    .await;
    eventually("both are set aside", async || {
        letters(&desk).await.len() == 2
    })
    .await;

    let mut conn = desk.pool.acquire().await.unwrap();
    assert_eq!(dead_letters::count(&mut conn, None).await.unwrap(), 2);
    assert_eq!(
        dead_letters::count(&mut conn, Some("other")).await.unwrap(),
        0
    );
    let letters = letters(&desk).await;
    let poison = letters
        .iter()
        .find(|letter| letter.aggregate_id == Some(2))
        .unwrap();
    assert_eq!(
        (poison.error.as_str(), poison.tries, poison.sequence),
        ("poison", 5, Some(1))
    );
    assert_eq!(poison.aggregate_kind.as_deref(), Some("project_count"));
    let envelope = desk_events::Event::decode(&poison.envelope).unwrap();
    assert_eq!(Some(envelope.id), poison.event_id);
    let panicked = letters
        .iter()
        .find(|letter| letter.aggregate_id == Some(3))
        .unwrap();
    assert_eq!(panicked.error, "the consumer panicked");

    desk.say(&[count(1, 3, 3)]).await;
    eventually("life goes on", async || {
        Ledger::entry(&desk.pool, 1)
            .await
            .is_some_and(|(sequence, ..)| sequence == 3)
    })
    .await;
}

#[tokio::test]
async fn a_letter_is_replayed_once_its_consumer_can_take_it() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.say(&[count(2, 1, POISON)]).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger.clone(), desk.stop.clone());
    eventually("it is set aside", async || letters(&desk).await.len() == 1).await;
    let id = letters(&desk).await[0].id;

    let still = dead_letters::replay(&desk.pool, &ledger, id)
        .await
        .unwrap_err();
    assert_eq!(still.to_string(), "poison");
    assert_eq!(letters(&desk).await.len(), 1);

    ledger.cured.store(true, Ordering::SeqCst);
    assert!(dead_letters::replay(&desk.pool, &ledger, id).await.unwrap());
    assert_eq!(Ledger::entry(&desk.pool, 2).await, Some((1, POISON, 1)));
    assert!(letters(&desk).await.is_empty());
    assert!(!dead_letters::replay(&desk.pool, &ledger, id).await.unwrap());
}

#[tokio::test]
async fn what_nobody_can_read_is_set_aside_at_once() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.say_raw("project.counted", 1, 1, r#"{"project_id": "seven"}"#)
        .await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    desk.published().await;
    desk.jetstream()
        .publish(desk.bus.subject("project.counted"), vec![0xff, 0x00].into())
        .await
        .unwrap()
        .await
        .unwrap();
    eventually("both are set aside", async || {
        letters(&desk).await.len() == 2
    })
    .await;
    let letters = letters(&desk).await;
    assert!(
        letters
            .iter()
            .all(|letter| letter.tries == 1 && letter.event_id.is_none())
    );
    assert_eq!(letters[0].envelope, [0xff, 0x00]);
    assert_eq!(letters[0].subject, desk.bus.subject("project.counted"));

    // The same again is the same letter.
    sqlx::query("insert into outbox_pending (day, seq) select day, seq from outbox")
        .execute(&desk.pool)
        .await
        .unwrap();
    desk.say(&[count(2, 1, 1)]).await;
    eventually("a later one arrives", async || {
        Ledger::entry(&desk.pool, 2).await.is_some()
    })
    .await;
    assert_eq!(desk.number("select count(*) from dead_letters").await, 2);

    let mut conn = desk.pool.acquire().await.unwrap();
    assert!(
        dead_letters::forget(&mut conn, letters[0].id)
            .await
            .unwrap()
    );
    assert!(
        !dead_letters::forget(&mut conn, letters[0].id)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_purged_ticket_takes_its_letters_along() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    for (ticket, digest) in [(7, "a"), (8, "b")] {
        sqlx::query(
            "insert into dead_letters (consumer, subject, aggregate_kind, aggregate_id, error,
                                       tries, envelope)
             values ('ledger', 'ticket.created', 'ticket', $1, 'e', 5, $2::text::bytea)",
        )
        .bind(ticket)
        .bind(digest)
        .execute(&desk.pool)
        .await
        .unwrap();
    }
    desk.say_raw("ticket.purged", 7, 9, PURGED).await;
    sqlx::query("update outbox set aggregate_kind = 'ticket'")
        .execute(&desk.pool)
        .await
        .unwrap();
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    eventually("one letter is erased", async || {
        desk.number("select count(*) from dead_letters").await == 1
    })
    .await;
    assert_eq!(letters(&desk).await[0].aggregate_id, Some(8));
}

const PURGED: &str = r#"{"actor": {"kind": "system", "id": null}, "ticket": {
    "id": 7, "number": "X-2024-00001", "project_id": 1, "subject": "", "status": "closed",
    "priority": "low", "source": "api", "customer_name": "", "customer_email": "",
    "first_response_open": false, "resolution_open": false, "deadline_generation": 1,
    "first_response_breached": false, "resolution_breached": false,
    "created_at": "2024-04-21T09:00:00Z", "reply_count": 0}}"#;
