//! The relay: order, batches, repeats, one publisher at a time, parked events.

use desk_bus::outbox;
use desk_events::{AggregateKind, Fact, NewEvent, ProjectState};
use futures::StreamExt as _;

use crate::{
    desk::{Desk, count, eventually},
    ledger::Ledger,
};

#[tokio::test]
async fn events_arrive_in_the_order_of_their_aggregate() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger.clone(), desk.stop.clone());
    for sequence in 1..=40 {
        desk.say(&[
            count(1, sequence, sequence),
            count(2, sequence, -sequence + 100),
        ])
        .await;
    }
    eventually("all arrive", async || {
        desk.number("select count(*) from arrivals").await >= 80
    })
    .await;
    for id in [1, 2] {
        assert_eq!(
            Ledger::arrivals(&desk.pool, id).await,
            (1..=40).collect::<Vec<_>>()
        );
    }
    assert_eq!(Ledger::entry(&desk.pool, 1).await, Some((40, 40, 40)));
    eventually("each was announced after its commit", async || {
        ledger.committed.load(std::sync::atomic::Ordering::SeqCst) == 80
    })
    .await;
}

#[tokio::test]
async fn a_backlog_longer_than_a_batch_keeps_its_order() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    for chunk in (1..=1_203).collect::<Vec<i64>>().chunks(400) {
        desk.say(&chunk.iter().map(|n| count(1, *n, *n)).collect::<Vec<_>>())
            .await;
    }
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    eventually("all arrive", async || {
        desk.number("select count(*) from arrivals").await >= 1_203
    })
    .await;
    assert_eq!(
        Ledger::arrivals(&desk.pool, 1).await,
        (1..=1_203).collect::<Vec<_>>()
    );
    assert_eq!((desk.pending().await, desk.stored().await), (0, 1_203));
}

#[tokio::test]
async fn large_events_go_in_batches_of_a_few_megabytes() {
    let desk = Desk::open().await;
    let large = |sequence| NewEvent {
        fact: Fact::ProjectUpdated(Box::new(ProjectState {
            id: 1,
            name: "x".repeat(500_000),
            slug: "x".into(),
            prefix: "X".into(),
            is_active: true,
            deleted: false,
        })),
        aggregate: desk_events::Aggregate {
            kind: AggregateKind::Project,
            id: 1,
        },
        ..count(1, sequence, 1)
    };
    desk.say(&(1..=20).map(large).collect::<Vec<_>>()).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.published().await;
    assert_eq!(desk.stored().await, 20);
}

#[tokio::test]
async fn what_is_published_again_takes_effect_once() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    desk.say(&[count(1, 1, 10), count(1, 2, 20), count(2, 1, 30)])
        .await;
    desk.published().await;
    // As after a relay that died between the acknowledgement and the delete.
    sqlx::query("insert into outbox_pending (day, seq) select day, seq from outbox")
        .execute(&desk.pool)
        .await
        .unwrap();
    desk.bus.wake();
    eventually("the repeats arrive", async || {
        desk.number("select count(*) from arrivals").await == 6
    })
    .await;
    assert_eq!(Ledger::arrivals(&desk.pool, 1).await, [1, 2, 1, 2]);
    assert_eq!(Ledger::entry(&desk.pool, 1).await, Some((2, 20, 2)));
    assert_eq!(Ledger::entry(&desk.pool, 2).await, Some((1, 30, 1)));
}

/// Server processes of this database's relays that hold the lock.
const HOLDERS: &str = "select count(*) from pg_locks join pg_database as d on d.oid = database
                       where locktype = 'advisory' and granted and datname = current_database()";

const RELAYS: &str = "select count(*) from pg_stat_activity
                      where application_name = 'tester relay' and datname = current_database()";

#[tokio::test]
async fn one_of_two_relays_publishes_and_the_other_takes_over_when_it_dies() {
    let desk = Desk::open().await;
    let other = desk.another_bus().await;
    let first = desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    eventually("the first publishes", async || {
        desk.number(HOLDERS).await == 1
    })
    .await;
    other.relay(desk.pool.clone(), desk.stop.clone());
    eventually("the second stands by", async || {
        desk.number(RELAYS).await == 2
    })
    .await;
    desk.say(&[count(1, 1, 1)]).await;
    desk.published().await;
    assert_eq!((desk.stored().await, desk.number(HOLDERS).await), (1, 1));

    first.abort();
    eventually("the first is gone", async || desk.number(RELAYS).await == 1).await;
    desk.say(&[count(1, 2, 2)]).await;
    desk.published().await;
    assert_eq!((desk.stored().await, desk.number(HOLDERS).await), (2, 1));
}

#[tokio::test]
async fn a_stopped_relay_gives_its_lock_back() {
    let desk = Desk::open().await;
    let relay = desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    eventually("it publishes", async || desk.number(HOLDERS).await == 1).await;
    desk.stop.cancel();
    relay.await.unwrap();
    eventually("the lock is free", async || desk.number(HOLDERS).await == 0).await;
}

#[tokio::test]
async fn a_replica_that_stands_by_passes_wake_ups_on() {
    let desk = Desk::open().await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    eventually("one publishes", async || desk.number(HOLDERS).await == 1).await;
    let other = desk.another_bus().await;
    other.relay(desk.pool.clone(), desk.stop.clone());
    eventually("one stands by", async || desk.number(RELAYS).await == 2).await;
    let mut heard = desk
        .bus
        .client()
        .subscribe(desk.bus.subject("_wake.tester"))
        .await
        .unwrap();
    desk.bus.client().flush().await.unwrap();
    eventually("NATS is connected", async || other.is_connected()).await;
    other.wake();
    heard.next().await.unwrap();
}

#[tokio::test]
async fn a_relay_whose_connection_was_cut_takes_the_lock_anew() {
    let desk = Desk::open().await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    for sequence in 1..=3 {
        eventually("it publishes", async || desk.number(HOLDERS).await == 1).await;
        desk.say(&[count(1, sequence, 1)]).await;
        desk.published().await;
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where application_name = 'tester relay' and datname = current_database()",
        )
        .execute(&desk.pool)
        .await
        .unwrap();
        eventually("the old one is gone", async || {
            desk.number(HOLDERS).await == 0
        })
        .await;
    }
    assert_eq!(desk.stored().await, 3);
}

#[tokio::test]
async fn an_event_that_can_never_go_is_parked_with_its_followers_and_the_others_go_on() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.say(&[count(1, 1, 1)]).await;
    desk.say_raw("nonsense", 1, 2, "{}").await;
    desk.say(&[count(1, 3, 3), count(2, 1, 1)]).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    desk.published().await;
    desk.say(&[count(1, 4, 4), count(2, 2, 2)]).await;
    desk.published().await;
    eventually("the others arrive", async || {
        Ledger::entry(&desk.pool, 2).await == Some((2, 2, 2))
    })
    .await;
    assert_eq!(Ledger::arrivals(&desk.pool, 1).await, [1]);
    assert_eq!(desk.number("select count(*) from outbox_parked").await, 3);
    assert_eq!(
        desk.number("select count(*) from outbox_parked where error <> ''")
            .await,
        1
    );

    // Mended by hand, as an operator would.
    sqlx::query("update outbox set type = 'project.counted', payload = '{\"project_id\": 1, \"tickets\": 2}' where type = 'nonsense'")
        .execute(&desk.pool)
        .await
        .unwrap();
    let mut conn = desk.pool.acquire().await.unwrap();
    assert_eq!(outbox::release_parked(&mut conn).await.unwrap(), 3);
    desk.say(&[count(1, 5, 5)]).await;
    eventually("all arrive", async || {
        Ledger::entry(&desk.pool, 1)
            .await
            .is_some_and(|(sequence, ..)| sequence == 5)
    })
    .await;
    assert_eq!(Ledger::arrivals(&desk.pool, 1).await, [1, 2, 3, 4, 5]);
    assert_eq!(desk.number("select count(*) from outbox_parked").await, 0);
}

#[tokio::test]
async fn an_event_that_the_server_refuses_is_found_within_its_batch() {
    let desk = Desk::open().await;
    let jetstream = desk.jetstream();
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.say(&[count(9, 1, 1)]).await;
    desk.published().await;
    let mut config = jetstream
        .get_stream(desk.bus.stream_name())
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    config.max_message_size = 2_000;
    jetstream.update_stream(config).await.unwrap();

    let padding = format!(
        r#"{{"project_id": 1, "tickets": 2, "more": "{}"}}"#,
        "x".repeat(3_000)
    );
    let mut tx = desk.pool.begin().await.unwrap();
    outbox::append(
        &mut tx,
        &[
            count(1, 1, 1),
            count(1, 2, 2),
            count(1, 3, 3),
            count(2, 1, 1),
        ],
    )
    .await
    .unwrap();
    sqlx::query("update outbox set payload = $1::jsonb where aggregate_id = 1 and sequence = 2")
        .bind(padding)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    desk.bus.wake();
    desk.published().await;
    assert_eq!(desk.stored().await, 3);
    assert_eq!(desk.number("select count(*) from outbox_parked").await, 2);
    assert_eq!(
        desk.number("select sequence from outbox join outbox_parked using (seq) where error <> ''")
            .await,
        2
    );
}

#[tokio::test]
async fn a_queued_event_without_a_row_is_dropped() {
    let desk = Desk::open().await;
    desk.say(&[count(1, 1, 1)]).await;
    sqlx::query(
        "insert into outbox_pending (day, seq) values ('2020-01-01', 0), ('2020-01-01', 999)",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.published().await;
    assert_eq!(desk.stored().await, 1);
}
