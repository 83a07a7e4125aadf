//! However a history arrives, the last state stands.

use desk_bus::{Consumer, reconcile::Known};
use desk_events::{AggregateKind, Event, Fact};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use reporting::events::Reporting;
use sqlx::PgPool;

use crate::{
    facts::{filed, heard, life, said},
    models::{apply, rows, sums},
    stack::database,
};

const HISTORIES: u64 = 300;
const TICKETS: i64 = 4;

/// Shuffles a history, doubles some of it, and applies it in random batches.
async fn arrive(db: &PgPool, mut events: Vec<Event>, rng: &mut StdRng) {
    let doubled: Vec<Event> = events
        .iter()
        .filter(|_| rng.random_ratio(1, 3))
        .cloned()
        .collect();
    events.extend(doubled);
    events.shuffle(rng);
    let mut rest = events.as_slice();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(rng.random_range(1..=rest.len()));
        apply(db, batch).await;
        rest = later;
    }
}

#[tokio::test]
async fn the_highest_sequence_stands_however_events_arrive() {
    let (db, truth) = (database().await, database().await);
    for seed in 0..HISTORIES {
        let mut rng = StdRng::seed_from_u64(seed);
        let first = i64::try_from(seed).unwrap() * TICKETS;
        let lives: Vec<Vec<Event>> = (first..first + TICKETS)
            .map(|id| life(id, &mut rng).into_iter().map(heard).collect())
            .collect();
        let last: Vec<Event> = lives
            .iter()
            .filter_map(|life| life.last().cloned())
            .collect();
        apply(&truth, &last).await;
        // Two replicas at once, each with an order of its own.
        let mut other = StdRng::seed_from_u64(!seed);
        tokio::join!(
            arrive(&db, lives.concat(), &mut rng),
            arrive(&db, lives.concat(), &mut other),
        );
    }
    let (found, expected) = (rows(&db).await, rows(&truth).await);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(
            found,
            expected,
            "seed {}",
            expected["id"].as_i64().unwrap() / TICKETS
        );
    }
    assert_eq!(sums(&db).await, sums(&truth).await);
}

#[tokio::test]
async fn nothing_personal_is_in_a_tickets_row() {
    let db = database().await;
    let mut rng = StdRng::seed_from_u64(1);
    apply(
        &db,
        &life(1, &mut rng).into_iter().map(heard).collect::<Vec<_>>(),
    )
    .await;
    let row = rows(&db).await[0].to_string();
    for personal in ["Ada", "ada@example.com", "Printer"] {
        assert!(!row.contains(personal), "{row}");
    }
}

#[tokio::test]
async fn the_reconciler_is_told_the_last_sequence_of_each_ticket() {
    let db = database().await;
    let events: Vec<Event> = [(1, 2), (1, 1), (2, 5)]
        .map(|(id, sequence)| heard(said(Fact::TicketUpdated, filed(id), sequence)))
        .into();
    apply(&db, &events).await;
    let mut conn = db.acquire().await.unwrap();
    let mut known = Reporting
        .known(&mut conn, AggregateKind::Ticket, &[1, 2, 3])
        .await
        .unwrap();
    known.sort_by_key(|known| known.id);
    let expected = [(1, 2), (2, 5)].map(|(id, sequence)| Known { id, sequence });
    assert_eq!(known, expected);
    let kinds: Vec<AggregateKind> = Reporting.keeps().iter().map(|kept| kept.kind).collect();
    assert_eq!(kinds[0], AggregateKind::Ticket);
}
