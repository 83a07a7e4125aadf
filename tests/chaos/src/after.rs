//! When everything is whole again and nobody writes any more: is it all there, once?

use std::{collections::HashMap, fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use e2e::{load::Acknowledged, stream::is_drained, truth};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use xtask::service::Service;

use crate::{desk::Desk, healed::is_healing};

/// How long consumers may take: what a killed one had in its hands comes again after half a
/// minute, and a minute's deadline has to pass.
const DRAINED: Duration = Duration::from_mins(3);

/// How long the last mail may take: one that failed three times waits two minutes.
const SENT: Duration = Duration::from_mins(5);

/// Deadlines that come before the end, and are not judged yet.
const SOON: &str = "select count(*) from deadlines where due_at < now() + interval '2 minutes'";
const UNSENT: &str = "select count(*) from deliveries where state = 'queued'";

/// A clock ran out, by the times that were kept of it: no flag may say otherwise.
const MISJUDGED: &str = "select count(*) from tickets
    where first_response_breached <> coalesce(
              least(first_response_at, resolved_at, closed_at, now()) > first_response_due_at, false)
       or resolution_breached <> coalesce(
              least(resolved_at, closed_at, now()) > resolution_due_at, false)";

/// Each breach is told once.
const MISTOLD: &str = "select count(*)
    from (select id, first_response_breached::int + resolution_breached::int as missed
          from tickets) as t
    full join (select aggregate_id, sum(jsonb_array_length(payload -> 'changes')) as told
               from outbox where type = 'ticket.breached' group by aggregate_id) as o
        on o.aggregate_id = t.id
    where coalesce(missed, 0) <> coalesce(told, 0)";
const MISSED: &str = "select count(*) filter (where first_response_breached),
    count(*) filter (where resolution_breached) from tickets";

/// The worker claims each once.
const CLAIMED_AGAIN: &str = "select count(*)
        - count(distinct (payload ->> 'ticket_id', payload ->> 'metric', payload ->> 'generation'))
    from outbox where type = 'sla.breached'";

/// One thing that was looked at.
#[derive(Debug)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// How it is, or what is wrong.
    pub outcome: Result<String>,
}

/// What is to be looked at, besides what always is.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// When the bus lost its data, if it did.
    pub wiped: Option<&'a str>,
    /// Whether deadlines of a minute were set.
    pub deadlines: bool,
}

/// Waits until all is quiet, at most some minutes, and looks at everything.
pub async fn look(desk: &Desk, done: &Acknowledged, scope: Scope<'_>) -> Vec<Check> {
    let world = &desk.world;
    let mut checks = Vec::new();
    let mut check = |name, outcome| checks.push(Check { name, outcome });
    check("all is quiet again", quiet(desk, scope.deadlines).await);
    check(
        "each acknowledged write is there once, numbers without a gap",
        truth::acknowledged(world, done)
            .await
            .map(|()| String::new()),
    );
    check(
        "reporting, SLA worker and notifier have ticket's last word",
        truth::consumers_agree(world, done)
            .await
            .map(|()| String::new()),
    );
    check(
        "events in order, each under one id",
        truth::in_order(world, scope.wiped)
            .await
            .map(|repeats| format!("{repeats} told again")),
    );
    check("mails, at most one repeat each", mails(desk).await);
    if scope.deadlines {
        check(
            "breaches, each once and none too many",
            breaches(desk).await,
        );
    }
    check("verify finds nothing", verified(desk).await);
    check("reconcile finds nothing", reconciled(desk).await);
    check(
        "no transaction leaked, nobody panicked",
        truth::no_leaked_transaction(world)
            .and_then(|()| no_panic(desk))
            .map(|()| String::new()),
    );
    checks
}

async fn quiet(desk: &Desk, deadlines: bool) -> Result<String> {
    let began = Instant::now();
    let world = &desk.world;
    until(DRAINED, "events are still under way", async || {
        (!deadlines || world.sql(Service::SlaWorker, SOON).await == "0") && is_drained(world).await
    })
    .await?;
    until(SENT, "mails are still waiting", async || {
        world.sql(Service::Notifier, UNSENT).await == "0" && is_drained(world).await
    })
    .await?;
    Ok(format!("after {:.0?}", began.elapsed()))
}

async fn until(patience: Duration, what: &str, holds: impl AsyncFn() -> bool) -> Result<()> {
    let until = Instant::now() + patience;
    while !holds().await {
        ensure!(Instant::now() < until, "{what} after {patience:?}");
        sleep(Duration::from_millis(300)).await;
    }
    Ok(())
}

/// A mail for each that the notifier calls sent, and none besides.
async fn mails(desk: &Desk) -> Result<String> {
    let mut copies: HashMap<String, usize> = HashMap::new();
    for id in desk.post.ids() {
        ensure!(!id.is_empty(), "a mail without Message-ID");
        *copies.entry(id).or_default() += 1;
    }
    let states = "select count(*) filter (where state = 'sent'),
                  count(*) filter (where state = 'dead') from deliveries";
    let states = desk.world.sql(Service::Notifier, states).await;
    let taken = copies.len();
    ensure!(
        states == format!("{taken}|0"),
        "{taken} mails arrived; sent|dead: {states}"
    );
    let most = copies.iter().max_by_key(|(_, count)| **count);
    ensure!(
        most.is_none_or(|(_, count)| *count <= 2),
        "too often: {most:?}"
    );
    let repeats = copies.values().filter(|count| **count > 1).count();
    Ok(format!("{taken} arrived, {repeats} of them twice"))
}

async fn breaches(desk: &Desk) -> Result<String> {
    for (service, wrong, what) in [
        (Service::Ticket, MISJUDGED, "tickets are misjudged"),
        (Service::Ticket, MISTOLD, "tickets' breaches are mistold"),
        (Service::SlaWorker, CLAIMED_AGAIN, "claims came again"),
    ] {
        let count = desk.world.sql(service, wrong).await;
        ensure!(count == "0", "{count} {what}");
    }
    let missed = desk.world.sql(Service::Ticket, MISSED).await;
    let (first, resolution) = missed.split_once('|').context("two counts")?;
    ensure!(
        resolution != "0",
        "no deadline was missed: nothing was tried"
    );
    Ok(format!("{first} first responses, {resolution} resolutions"))
}

async fn verified(desk: &Desk) -> Result<String> {
    for service in [Service::Reporting, Service::SlaWorker] {
        let (did_well, told) = desk.world.ask(service, &["verify"]).await;
        ensure!(did_well, "{service} verify: {}", told.trim());
    }
    Ok(String::new())
}

async fn reconciled(desk: &Desk) -> Result<String> {
    for (service, _) in Service::with_database() {
        let (did_well, told) = desk.world.ask(service, &["reconcile"]).await;
        ensure!(did_well, "{service} reconcile: {}", told.trim());
        for line in told.lines().filter(|line| line.starts_with('{')) {
            let report: Value = serde_json::from_str(line)?;
            ensure!(!is_healing(&report), "{service} reconcile: {line}");
        }
    }
    Ok(String::new())
}

fn no_panic(desk: &Desk) -> Result<()> {
    for service in Service::ALL {
        let log = fs::read_to_string(desk.world.stack.log(service))?;
        let line = log.lines().find(|line| line.contains("panicked at"));
        ensure!(line.is_none(), "{service}: {line:?}");
    }
    Ok(())
}
