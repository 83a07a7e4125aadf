//! However a desk's history arrives, the six reports say what a recount of ticket's rows says.
//!
//! Thousands of random histories go through the real consumer, shuffled and doubled, several mixed
//! in a batch; [`recount`] shares no code with the service.

mod life;
mod recount;

use std::time::Instant;

use desk_bus::Consumer;
use desk_events::{Event, Role};
use desk_testkit::{Client, Desk};
use futures::future::{join, join_all};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use reporting::events::Reporting;
use serde_json::Value;
use sqlx::PgPool;
use time::{Date, Duration};

use self::{
    life::{DAYS, FIRST_DAY, History},
    recount::{REPORTS, Recount},
};
use crate::stack::{database, desk};

const HISTORIES: i64 = 2_000;
/// Histories whose events arrive mixed.
const MIXED: i64 = 20;
/// Tests that share the histories, each with a database of its own.
const LANES: i64 = 2;
/// Events in one transaction, at most.
const BATCH: usize = 200;

/// Everything once, a third of it twice, in any order, in batches of any size.
async fn arrive(db: &PgPool, mut events: Vec<Event>, rng: &mut StdRng) {
    let doubled: Vec<Event> = (events.iter())
        .filter(|_| rng.random_ratio(1, 3))
        .cloned()
        .collect();
    events.extend(doubled);
    events.shuffle(rng);
    let mut rest = events.as_slice();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(rng.random_range(1..=rest.len().min(BATCH)));
        let mut tx = db.begin().await.unwrap();
        Reporting.apply(&mut tx, batch).await.unwrap();
        tx.commit().await.unwrap();
        rest = later;
    }
}

/// Any days, some of them outside of the history.
fn window(rng: &mut StdRng) -> (Date, Date) {
    let from = FIRST_DAY + Duration::days(rng.random_range(-3..DAYS));
    (from, from + Duration::days(rng.random_range(0..DAYS)))
}

/// Asks for every report as an agent of the whole history, who sees the own row among the agents;
/// so as an admin about one project for all rows, and for another report.
async fn compare(desk: &Desk, db: &PgPool, history: &History, rng: &mut StdRng) {
    let (from, to) = window(rng);
    let unit = ["day", "week", "month"][rng.random_range(0..3)];
    let agent = history.agents[0];
    let one = history.projects[rng.random_range(0..3)];
    let range = format!("from={from}&to={to}&group_by={unit}");
    let recount = |projects, only| Recount {
        from,
        to,
        unit,
        projects,
        only,
    };
    let of_agent = recount(history.projects.to_vec(), Some(agent))
        .all(db)
        .await;
    let mut of_admin = recount(vec![one], None).all(db).await;
    let another = REPORTS[rng.random_range(0..REPORTS.len())];
    of_admin.retain(|(report, _)| [another, "agents"].contains(report));

    let (agent, admin) = (desk.user(agent, Role::Agent), desk.user(1, Role::Admin));
    let ask = async |client: &Client, (report, expected): (&str, Value), project: &str| {
        let path = format!("/reports/{report}?{range}{project}");
        let found = client.get(&path).await.expect(200);
        assert_eq!(found, expected, "history {}: {path}", history.number);
    };
    let project = format!("&project_id={one}");
    join(
        join_all(of_agent.into_iter().map(|report| ask(&agent, report, ""))),
        join_all(
            of_admin
                .into_iter()
                .map(|report| ask(&admin, report, &project)),
        ),
    )
    .await;
}

/// The histories of one lane.
async fn lane(lane: i64) {
    let db = database().await;
    recount::prepare(&db).await;
    let desk = desk(db.clone()).await;
    let share = HISTORIES / LANES;
    let (mut tickets, mut events, since) = (0, 0, Instant::now());
    for first in (lane * share..(lane + 1) * share).step_by(usize::try_from(MIXED).unwrap()) {
        let mut rng = StdRng::seed_from_u64(first.unsigned_abs());
        let histories: Vec<History> = (first..first + MIXED)
            .map(|number| History::random(number, &mut rng))
            .collect();
        let all: Vec<Event> = (histories.iter())
            .flat_map(|history| history.events.clone())
            .collect();
        tickets += histories.iter().map(|h| h.tickets.len()).sum::<usize>();
        events += all.len();
        for history in &histories {
            recount::keep(&db, history).await;
        }
        arrive(&db, all, &mut rng).await;
        for history in &histories {
            compare(&desk, &db, history, &mut rng).await;
        }
    }
    println!(
        "{share} histories, {tickets} tickets at their ends, {events} events: {:?}",
        since.elapsed()
    );
}

#[tokio::test]
async fn reports_are_a_recount_of_the_tickets() {
    lane(0).await;
}

#[tokio::test]
async fn reports_are_a_recount_of_the_tickets_of_other_histories() {
    lane(1).await;
}
