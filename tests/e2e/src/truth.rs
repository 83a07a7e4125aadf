//! Comparing: what was acknowledged, what ticket has, what every consumer has, what the stream
//! tells.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use desk_events::{AggregateKind, Event};
use desk_testkit::eventually_within;
use xtask::service::Service;

use crate::{
    World,
    load::{Acknowledged, Tally},
    stream::{events, is_drained},
};

/// What a killed consumer had in its hands comes again after half a minute.
const CATCH_UP: Duration = Duration::from_secs(50);

/// Waits until every consumer has taken everything.
pub async fn settled(world: &World) {
    eventually_within(CATCH_UP, || is_drained(world)).await;
}

/// Everything acknowledged is there once, in ticket and in every consumer.
///
/// # Errors
/// What is not.
pub async fn whole(world: &World, done: &Acknowledged) -> Result<()> {
    acknowledged(world, done).await?;
    consumers_agree(world, done).await
}

/// Ticket has every acknowledged write exactly once, and no other.
///
/// # Errors
/// The first that is missing, doubled, or was never asked for.
///
/// # Panics
/// When a client died noting a ticket.
pub async fn acknowledged(world: &World, done: &Acknowledged) -> Result<()> {
    let known = done.tickets.lock().unwrap().clone();
    let rows = ticket(world, "select id, number from tickets order by id").await;
    let mut told: Vec<(i64, &str)> = known
        .iter()
        .map(|(number, id)| (*id, number.as_str()))
        .collect();
    told.sort_unstable();
    let told: Vec<String> = told
        .iter()
        .map(|(id, number)| format!("{id}|{number}"))
        .collect();
    same(&rows, &told.join("\n"), "tickets", "acknowledged ones")?;

    let mut numbers: Vec<usize> = known.keys().map(|number| running(number)).collect();
    numbers.sort_unstable();
    let gap = (1..)
        .zip(&numbers)
        .find(|(counted, number)| counted != *number);
    ensure!(
        gap.is_none(),
        "a number is left out or given twice: {gap:?}"
    );

    for (what, from, tally) in [
        ("answers", "messages where is_agent", &done.answers),
        ("replies", "messages where not is_agent", &done.replies),
        ("ratings", "ratings", &done.ratings),
    ] {
        let rows = format!("select ticket_id from {from} order by ticket_id");
        same_ids(&ticket(world, &rows).await, tally, what)?;
    }
    let ended = "select id from tickets where status in ('resolved', 'closed') order by id";
    same_ids(&ticket(world, ended).await, &done.ended, "ended tickets")
}

/// Every consumer has ticket's last word, and a mail for each answer.
///
/// # Errors
/// The first that differs.
pub async fn consumers_agree(world: &World, done: &Acknowledged) -> Result<()> {
    for (service, truth, copy) in [
        (
            Service::Reporting,
            "select id, status, reply_count, version from tickets order by id",
            "select id, status, reply_count, sequence from tickets order by id",
        ),
        (
            Service::SlaWorker,
            "select id, version from tickets order by id",
            "select id, sequence from tickets order by id",
        ),
    ] {
        let (truth, copy) = (ticket(world, truth).await, world.sql(service, copy).await);
        same(&copy, &truth, service.name(), "ticket")?;
    }
    let mails = "select ticket_id from deliveries
                 where kind = 'reply' and user_id is null order by ticket_id";
    let mails = world.sql(Service::Notifier, mails).await;
    same_ids(&mails, &done.answers, "mails of answers")?;
    for (service, _) in Service::with_database() {
        let letters = world
            .sql(service, "select count(*) from dead_letters")
            .await;
        ensure!(letters == "0", "{letters} dead letters of {service}");
    }
    Ok(())
}

/// No connection went back to its pool in the middle of a transaction: what its next user wrote
/// would never be committed.
///
/// # Errors
/// The service and its log line.
pub fn no_leaked_transaction(world: &World) -> Result<()> {
    for (service, _) in Service::with_database() {
        let log = fs::read_to_string(world.stack.log(service))?;
        let line = log
            .lines()
            .find(|line| line.contains("already a transaction in progress"));
        if let Some(line) = line {
            bail!("{service}: {line}");
        }
    }
    Ok(())
}

/// The stream tells each ticket's events in order, each with one id however often it is told;
/// answers how many repeats there are. Of a bus that has lost its data, the events from before
/// that moment (as PostgreSQL tells times) may be missing.
///
/// # Errors
/// The first event that is told before its time, or never.
pub async fn in_order(world: &World, lost_before: Option<&str>) -> Result<usize> {
    let all = events(world).await;
    let said = said(world, lost_before).await?;
    let mut told: HashMap<i64, i64> = HashMap::new();
    let mut repeats = 0;
    for event in all.iter().filter(|event| is_of_ticket(event)) {
        let ticket = said.get(&event.aggregate.id);
        let ticket = ticket.with_context(|| format!("never said: {event:?}"))?;
        let said = ticket.get(&event.sequence);
        ensure!(
            said.is_some_and(|said| said.id == event.id.to_string()),
            "another event under the same sequence: {event:?}"
        );
        let last = told.entry(event.aggregate.id).or_default();
        if event.sequence <= *last {
            repeats += 1;
            continue;
        }
        let skipped = ticket.range(*last + 1..event.sequence);
        let skipped = skipped.map(|(_, said)| said).find(|said| !said.may_be_lost);
        ensure!(skipped.is_none(), "told before its time: {event:?}");
        *last = event.sequence;
    }
    for (id, ticket) in &said {
        let last = told.get(id).copied().unwrap_or_default();
        let never = ticket.range(last + 1..).find(|(_, said)| !said.may_be_lost);
        ensure!(never.is_none(), "of ticket {id} never told: {never:?}");
    }
    Ok(repeats)
}

/// An event as its outbox has it.
#[derive(Debug)]
struct Said {
    id: String,
    may_be_lost: bool,
}

/// Every ticket's events by sequence, from the first to its version.
async fn said(
    world: &World,
    lost_before: Option<&str>,
) -> Result<HashMap<i64, BTreeMap<i64, Said>>> {
    let lost = lost_before.map_or("false".to_owned(), |at| format!("occurred_at < '{at}'"));
    let rows = format!(
        "select aggregate_id, sequence, event_id, {lost} from outbox
         where aggregate_kind = 'ticket'"
    );
    let mut said: HashMap<i64, BTreeMap<i64, Said>> = HashMap::new();
    for row in ticket(world, &rows).await.lines() {
        let fields: Vec<&str> = row.split('|').collect();
        let [ticket, sequence, id, lost] = fields[..] else {
            bail!("a row of the outbox: {row}");
        };
        let event = Said {
            id: id.to_owned(),
            may_be_lost: lost == "t",
        };
        let before = said.entry(ticket.parse()?).or_default();
        let before = before.insert(sequence.parse()?, event);
        ensure!(before.is_none(), "two events under one sequence: {row}");
    }
    let versions = ticket(world, "select id, version from tickets").await;
    for row in versions.lines() {
        let (id, version) = row.split_once('|').context("a ticket's version")?;
        let events = said.get(&id.parse()?).map_or(0, BTreeMap::len);
        ensure!(
            events.to_string() == version,
            "ticket {id} of version {version} has {events} events"
        );
    }
    Ok(said)
}

fn is_of_ticket(event: &Event) -> bool {
    event.aggregate.kind == AggregateKind::Ticket
}

async fn ticket(world: &World, sql: &str) -> String {
    world.sql(Service::Ticket, sql).await
}

fn running(number: &str) -> usize {
    let last = number.rsplit_once('-').map(|(_, running)| running);
    last.and_then(|running| running.parse().ok())
        .unwrap_or_default()
}

fn same_ids(found: &str, tally: &Tally, what: &str) -> Result<()> {
    let ids: Vec<String> = tally.ids().iter().map(ToString::to_string).collect();
    same(found, &ids.join("\n"), what, "acknowledged ones")
}

/// Compares row by row, so that a failure shows the first difference and not two tables.
fn same(found: &str, truth: &str, whose: &str, of: &str) -> Result<()> {
    for (found, truth) in found.lines().zip(truth.lines()) {
        ensure!(found == truth, "{whose}: {found}; of {of}: {truth}");
    }
    let (found, truth) = (found.lines().count(), truth.lines().count());
    ensure!(found == truth, "{found} {whose}, {truth} {of}");
    Ok(())
}
