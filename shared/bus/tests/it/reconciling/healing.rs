//! What the bus lost comes back: by itself, in order, while life goes on.

use std::sync::{Arc, atomic::Ordering};

use axum::Router;
use desk_bus::reconcile::{Findings, OwnerSettings};
use tokio::sync::Semaphore;

use super::world::{Both, Teller, World, find, serve};
use crate::{
    desk::{count, eventually},
    ledger::Ledger,
};

/// A world whose consumer hangs in a batch, with more published than it can hold in advance.
async fn hanging() -> World {
    let mut world = World::open().await;
    world.ledger.gate = Arc::new(Semaphore::new(1));
    world.consume();
    world.say(1, 1, 1).await;
    world.has(1, 1).await;
    world.reconciler().start(world.desk.stop.clone());
    world.was_asked().await;
    world.say(2, 1_000, 1).await;
    world.desk.published().await;
    eventually("it hangs in a batch", async || {
        world.ledger.waiting.load(Ordering::SeqCst) == 2
    })
    .await;
    world
}

#[tokio::test]
async fn what_a_wiped_stream_took_along_comes_back_by_itself() {
    let world = hanging().await;
    let name = world.desk.bus.stream_name();
    world.desk.jetstream().delete_stream(name).await.unwrap();
    world.ledger.gate.add_permits(1_000_000);
    world.has(1_000, 1).await;
}

#[tokio::test]
async fn what_was_trimmed_before_it_was_read_comes_back_by_itself() {
    let world = hanging().await;
    let name = world.desk.bus.stream_name();
    let stream = world.desk.jetstream().get_stream(name).await.unwrap();
    stream.purge().await.unwrap();
    world.ledger.gate.add_permits(1_000_000);
    world.has(1_000, 1).await;
}

#[tokio::test]
async fn what_went_before_the_start_comes_back_at_the_start() {
    let world = World::open().await;
    world.say(1, 300, 1).await;
    world.desk.published().await;
    let name = world.desk.bus.stream_name();
    world.desk.jetstream().delete_stream(name).await.unwrap();
    world.consume();
    world.reconciler().start(world.desk.stop.clone());
    world.has(300, 1).await;
}

#[tokio::test]
async fn a_gap_in_the_consumers_own_rows_is_found_and_healed() {
    let world = World::running(50).await;
    world.say(1, 50, 2).await;
    world.has(50, 2).await;
    world
        .damage(
            "delete from ledger where id in (7, 8); update ledger set sequence = 1 where id = 9",
        )
        .await;
    let found = world.find().await;
    assert_eq!(
        (found.compared, found.missing, found.republished),
        (50, 3, 5)
    );
    world.has(50, 2).await;
    assert_eq!(world.find().await.missing, 0);
}

#[tokio::test]
async fn where_nothing_is_missing_nothing_is_said_again() {
    let world = World::running(2_500).await;
    let stored = world.desk.stored().await;
    let found = world.find().await;
    let expected = Findings {
        compared: 2_500,
        ..Findings::default()
    };
    assert_eq!(found, expected);
    assert_eq!(world.desk.pending().await, 0);
    assert_eq!(world.desk.stored().await, stored);
}

#[tokio::test]
async fn events_are_said_again_in_their_order() {
    let world = World::open().await;
    world.consume();
    let events: Vec<_> = (1..=20)
        .flat_map(|n| (1..=40).map(move |id| count(id, n, n)))
        .collect();
    world.desk.say(&events).await;
    world.has(40, 20).await;
    world.damage("truncate ledger, arrivals").await;
    let found = world.find().await;
    assert_eq!((found.missing, found.republished), (40, 800));
    world.has(40, 20).await;
    for id in 1..=40 {
        let arrivals = Ledger::arrivals(&world.db, id).await;
        assert_eq!(arrivals, (1..=20).collect::<Vec<_>>(), "{id}");
    }
}

#[tokio::test]
async fn what_is_under_way_is_not_missing() {
    let world = World::running(100).await;
    world.damage("delete from ledger where id = 100").await;
    let talking = async {
        for sequence in 2..=60 {
            world.say(1, 99, sequence).await;
        }
    };
    let comparing = async {
        let mut found = Vec::new();
        for _ in 0..5 {
            found.push(world.find().await);
        }
        found
    };
    let ((), found) = tokio::join!(talking, comparing);
    let missing: Vec<u64> = found.iter().map(|found| found.missing).collect();
    assert_eq!(missing, [1, 0, 0, 0, 0]);
    world.has(99, 60).await;
    world.has(100, 1).await;
}

#[tokio::test]
async fn an_owner_that_is_down_is_asked_until_it_is_back() {
    let world = World::running(5).await;
    world.damage("delete from ledger where id = 3").await;
    world.door.shut();
    world.reconciler().start(world.desk.stop.clone());
    eventually("it tries more than once", async || world.door.knocked() > 1).await;
    assert_eq!(world.at(1).await, 4);
    world.door.reopen();
    world.has(5, 1).await;
}

#[tokio::test]
async fn an_owner_that_fails_keeps_nobody_from_the_others() {
    let world = World::running(5).await;
    world.damage("delete from ledger where id = 3").await;
    // A real service, but without an outbox.
    let elsewhere = OwnerSettings {
        auth_url: serve(Router::new(), Arc::default()).await,
        ..world.owners.clone()
    };
    let reconciler = world.reconciler_asking(Both(world.ledger.clone()), &elsewhere);
    let report = reconciler.once().await.unwrap().unwrap();
    assert!(!report.is_whole());
    assert_eq!(report.failed.keys().collect::<Vec<_>>(), [&"auth"]);
    assert_eq!(report.owners["ticket"].missing, 1);
    world.has(5, 1).await;
}

#[tokio::test]
async fn a_missed_event_is_found_below_later_ones_where_each_counts() {
    let world = World::open().await;
    let teller = Teller(world.ledger.clone());
    world
        .desk
        .bus
        .consume(world.db.clone(), teller.clone(), world.desk.stop.clone());
    world.say(1, 1, 1).await;
    world.has(1, 1).await;
    let reconciler = world.reconciler_of(teller);
    assert_eq!(find(&reconciler).await.missing, 0);

    // Published, but gone before the consumer had it; then life went on.
    world.desk.say(&[count(1, 2, 2)]).await;
    world.has(1, 2).await;
    world.desk.say(&[count(1, 3, 3)]).await;
    world.has(1, 3).await;
    world
        .damage(
            "update heard set sequences = sequences - '{[2,3)}'::int8multirange;
             delete from arrivals where sequence = 2",
        )
        .await;
    let found = find(&reconciler).await;
    assert_eq!((found.missing, found.republished), (1, 1));
    eventually("it is told", async || {
        Ledger::arrivals(&world.db, 1).await == [1, 3, 2]
    })
    .await;
    eventually("and noted", async || find(&reconciler).await.missing == 0).await;
}
