//! Comparing: what was acknowledged, what ticket has, what every consumer has, what the stream
//! tells.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    sync::atomic::Ordering,
    time::Duration,
};

use desk_events::{AggregateKind, Event};
use desk_testkit::eventually_within;
use e2e::World;
use xtask::service::Service;

use super::load::Acknowledged;
use crate::stream::{events, is_drained};

/// What a killed consumer had in its hands comes again after half a minute.
const CATCH_UP: Duration = Duration::from_secs(50);

/// Waits until every consumer has taken everything.
pub async fn settled(world: &World) {
    eventually_within(CATCH_UP, || is_drained(world)).await;
}

/// Everything acknowledged is there once, in ticket and in every consumer.
pub async fn assert_whole(world: &World, done: &Acknowledged) {
    let known = done.tickets.lock().unwrap().clone();
    let rows = world
        .sql(Service::Ticket, "select number, id from tickets")
        .await;
    let rows: BTreeMap<String, i64> = rows
        .lines()
        .map(|row| row.split_once('|').unwrap())
        .map(|(number, id)| (number.to_owned(), id.parse().unwrap()))
        .collect();
    assert_eq!(rows, known, "tickets and acknowledged writes");

    let mut numbers: Vec<usize> = known.keys().map(|number| running(number)).collect();
    numbers.sort_unstable();
    let counted: Vec<usize> = (1..=known.len()).collect();
    assert_eq!(numbers, counted, "no number is left out or given twice");

    let (answers, replies) = (
        done.answers.load(Ordering::Relaxed),
        done.replies.load(Ordering::Relaxed),
    );
    let messages = "select count(*) filter (where is_agent), count(*) filter (where not is_agent)
                    from messages";
    assert_eq!(
        world.sql(Service::Ticket, messages).await,
        format!("{answers}|{replies}")
    );
    let ended = "select count(*) from tickets where status in ('resolved', 'closed')";
    assert_eq!(
        world.sql(Service::Ticket, ended).await,
        done.ended.load(Ordering::Relaxed).to_string()
    );
    assert_consumers_agree(world, answers).await;
}

/// Every consumer has ticket's last word, and a mail for each answer.
pub async fn assert_consumers_agree(world: &World, answers: u32) {
    let truth = "select id, status, reply_count, version from tickets order by id";
    let copy = "select id, status, reply_count, sequence from tickets order by id";
    assert_same(
        &world.sql(Service::Reporting, copy).await,
        &world.sql(Service::Ticket, truth).await,
        "reporting",
    );
    assert_same(
        &world
            .sql(
                Service::SlaWorker,
                "select id, sequence from tickets order by id",
            )
            .await,
        &world
            .sql(
                Service::Ticket,
                "select id, version from tickets order by id",
            )
            .await,
        "sla-worker",
    );
    let mails = "select count(*), count(distinct event_id) from deliveries
                 where kind = 'reply' and user_id is null";
    assert_eq!(
        world.sql(Service::Notifier, mails).await,
        format!("{answers}|{answers}"),
        "a mail for each answer"
    );
    for service in [
        Service::Reporting,
        Service::SlaWorker,
        Service::Notifier,
        Service::Ticket,
    ] {
        let letters = world.sql(service, "select count(*) from dead_letters");
        assert_eq!(letters.await, "0", "dead letters of {service}");
    }
}

/// No connection went back to its pool in the middle of a transaction: what its next user wrote
/// would never be committed.
pub fn assert_no_leaked_transaction(world: &World) {
    for (service, _) in Service::with_database() {
        let log = fs::read_to_string(world.stack.log(service)).unwrap();
        let line = log
            .lines()
            .find(|line| line.contains("already a transaction in progress"));
        assert_eq!(line, None, "{service}");
    }
}

/// The stream tells each ticket's events in order, each with one id however often it is told;
/// answers how many repeats there are.
pub async fn assert_in_order(world: &World) -> usize {
    let versions = world
        .sql(Service::Ticket, "select id, version from tickets")
        .await;
    let all = events(world).await;
    let mut told: HashMap<i64, Vec<&Event>> = HashMap::new();
    let mut repeats = 0;
    for event in all
        .iter()
        .filter(|event| event.aggregate.kind == AggregateKind::Ticket)
    {
        let before = told.entry(event.aggregate.id).or_default();
        let next = i64::try_from(before.len()).unwrap() + 1;
        if event.sequence == next {
            before.push(event);
            continue;
        }
        let first = usize::try_from(event.sequence)
            .ok()
            .and_then(|sequence| before.get(sequence - 1));
        let first = first.map(|first| first.id);
        assert_eq!(first, Some(event.id), "told before its time: {event:?}");
        repeats += 1;
    }
    for row in versions.lines() {
        let (id, version) = row.split_once('|').unwrap();
        let count = told.get(&id.parse().unwrap()).map_or(0, Vec::len);
        assert_eq!(count.to_string(), version, "events of ticket {id}");
    }
    repeats
}

fn running(number: &str) -> usize {
    number.rsplit_once('-').unwrap().1.parse().unwrap()
}

/// Compares row by row, so that a failure shows the first difference and not two tables.
fn assert_same(found: &str, truth: &str, whose: &str) {
    assert_eq!(
        found.lines().count(),
        truth.lines().count(),
        "rows of {whose}"
    );
    for (found, truth) in found.lines().zip(truth.lines()) {
        assert_eq!(found, truth, "a row of {whose} and ticket's");
    }
}
