//! What is not missing, or cannot be brought back: dead letters, other releases' events, what the
//! retention took, what is too old to matter.

use std::time::Duration;

use desk_bus::{
    Consumer, dead_letters,
    reconcile::{Findings, Kept, Known},
};
use desk_events::{AggregateKind, Event};
use sqlx::PgConnection;

use super::world::{Teller, World, find};
use crate::{
    desk::{count, eventually},
    ledger::{Ledger, POISON},
};

async fn letters(world: &World) -> i64 {
    let mut conn = world.db.acquire().await.unwrap();
    dead_letters::count(&mut conn, None).await.unwrap()
}

/// Takes an aggregate's events out of the outbox, as the end of the retention does.
async fn outlive(world: &World, id: i64, up_to: i64) {
    sqlx::query("delete from outbox where aggregate_id = $1 and sequence <= $2")
        .bind(id)
        .bind(up_to)
        .execute(&world.desk.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_dead_letter_is_counted_but_not_brought_again() {
    let world = World::running(1).await;
    world.desk.say(&[count(2, 1, POISON), count(1, 2, 2)]).await;
    world.desk.say_raw("project.counted", 3, 1, "{}").await;
    eventually("both are set aside", async || letters(&world).await == 2).await;
    world.has(1, 2).await;
    let found = world.find().await;
    assert_eq!((found.compared, found.missing, found.dead), (3, 0, 2));

    let mut conn = world.db.acquire().await.unwrap();
    for letter in dead_letters::list(&mut conn, None, 10).await.unwrap() {
        assert!(dead_letters::forget(&mut conn, letter.id).await.unwrap());
    }
    let found = world.find().await;
    assert_eq!((found.missing, found.dead), (0, 0));
}

#[tokio::test]
async fn what_this_release_does_not_know_is_not_asked_for() {
    let world = World::running(2).await;
    world.desk.say_raw("project.exploded", 1, 2, "{}").await;
    world.desk.published().await;
    let found = world.find().await;
    assert_eq!((found.missing, found.republished, found.beyond), (0, 0, 0));
}

#[tokio::test]
async fn what_the_retention_took_is_counted() {
    let world = World::running(3).await;
    world.say(3, 3, 2).await;
    world.has(1, 2).await;
    outlive(&world, 2, 1).await;
    outlive(&world, 3, 1).await;
    world.damage("delete from ledger where id > 1").await;
    let found = world.find().await;
    // The third's last event is still there, and makes up for the first.
    assert_eq!((found.missing, found.republished, found.beyond), (1, 1, 1));
    world.has(1, 2).await;
    let again = world.find().await;
    assert_eq!((again.missing, again.beyond), (0, 1), "still to be brought");
}

#[tokio::test]
async fn a_missed_event_that_nobody_can_tell_any_more_is_given_up() {
    let world = World::open().await;
    let teller = Teller(world.ledger.clone());
    let (bus, stop) = (&world.desk.bus, world.desk.stop.clone());
    bus.consume(world.db.clone(), teller.clone(), stop);
    for sequence in 1..=3 {
        world.say(1, 2, sequence).await;
    }
    world.has(2, 3).await;
    outlive(&world, 1, 2).await;
    outlive(&world, 2, 3).await;
    world
        .damage(
            "update heard set sequences = '{[1,2),[3,4)}' where aggregate_id = 1;
             delete from heard where aggregate_id = 2",
        )
        .await;
    let reconciler = world.reconciler_of(teller);
    let first = find(&reconciler).await;
    assert_eq!((first.missing, first.beyond), (0, 2));
    // Of the second nothing is left at all: only a snapshot can tell of it.
    assert_eq!(find(&reconciler).await.beyond, 1);
}

/// A ledger that looks back for a day.
struct Forgetful(Ledger);

impl Consumer for Forgetful {
    const NAME: &'static str = Ledger::NAME;

    fn subjects(&self) -> &'static [&'static str] {
        self.0.subjects()
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        self.0.apply(conn, events).await
    }

    fn keeps(&self) -> &'static [Kept] {
        const {
            let day = Duration::from_hours(24);
            &[Kept::by_state(AggregateKind::ProjectCount).forgotten_after(day)]
        }
    }

    async fn known(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        ids: &[i64],
    ) -> anyhow::Result<Vec<Known>> {
        self.0.known(conn, kind, ids).await
    }
}

#[tokio::test]
async fn what_is_too_old_to_matter_is_not_asked_for() {
    let world = World::running(2).await;
    let mut recent = count(3, 1, 1);
    recent.occurred_at = world.keys.clock.now();
    world.desk.say(&[recent]).await;
    world.has(3, 1).await;
    world.damage("delete from ledger where id > 1").await;
    let reconciler = world.reconciler_of(Forgetful(world.ledger.clone()));
    let found = find(&reconciler).await;
    assert_eq!((found.compared, found.missing), (3, 1));
    world.keys.clock.advance(time::Duration::days(2));
    world.damage("delete from ledger where id > 1").await;
    assert_eq!(find(&reconciler).await.missing, 0);
}

#[tokio::test]
async fn one_process_compares_at_a_time() {
    let world = World::running(1).await;
    let mut other = world.db.acquire().await.unwrap();
    let lock = "select pg_advisory_lock(hashtextextended('reconciler ledger', 0))";
    sqlx::query(lock).execute(&mut *other).await.unwrap();
    assert_eq!(world.reconciler().once().await.unwrap(), None);
    other.close().await.unwrap();
    eventually("the lock is free", async || {
        world.reconciler().once().await.unwrap().is_some()
    })
    .await;
}

#[tokio::test]
async fn what_waits_in_the_outbox_is_missed_by_nobody() {
    let world = World::running(1).await;
    world.desk.say_raw("nonsense", 1, 2, "{}").await;
    world.desk.say(&[count(1, 3, 3), count(2, 1, 1)]).await;
    world.has(2, 1).await;
    assert_eq!(
        world
            .desk
            .number("select count(*) from outbox_parked")
            .await,
        2
    );
    let whole = Findings {
        compared: 2,
        ..Findings::default()
    };
    assert_eq!(world.find().await, whole);
}
