//! The worker: sleeps until the next due time, and says what has to be said then. Any number of
//! workers share the clocks; each clock is one worker's at a time.

use std::time::Duration;

use desk_bus::{failpoint, outbox};
use desk_telemetry::Span;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    App,
    domain::{Claim, Word},
    store::claims,
};

/// Claims in one transaction, at most.
const BATCH: usize = 500;

/// The least rest between two looks: what falls due meanwhile shares a transaction.
const SHORTEST_REST: Duration = Duration::from_millis(20);

/// The longest rest: another worker may have died with a deadline that only it was woken for.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// The rest after a failure, doubled each time.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);

/// Works until told to stop.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    for word in [Word::DueSoon, Word::Overdue] {
        metrics::counter!("sla_said_total", "word" => word.as_str()).increment(0);
    }
    let _ = metrics::histogram!("sla_claim_lateness_seconds");
    let mut retry = FIRST_RETRY;
    while !stop.is_cancelled() {
        app.alarm.look();
        // Never dropped half-way: a transaction ends before the worker stops.
        match catch_up(&app).await {
            Ok(next) => {
                retry = FIRST_RETRY;
                sleep_until(&app, next, &stop).await;
            }
            Err(error) => {
                tracing::warn!(%error, "deadlines are looked at later");
                stop.run_until_cancelled(tokio::time::sleep(retry)).await;
                retry = (retry * 2).min(LAST_RETRY);
            }
        }
    }
}

/// Says all that has to be said by now, what is overdue first and in due order; answers when
/// something has to be said next.
async fn catch_up(app: &App) -> sqlx::Result<Option<OffsetDateTime>> {
    loop {
        let span = Span::own("claim deadlines");
        let round = desk_telemetry::scope(span.context().clone(), round(app));
        if let Round::Done { next } = round.await? {
            return Ok(next);
        }
    }
}

/// What came of a round.
enum Round {
    /// There may be more.
    More,
    /// All is said until then.
    Done { next: Option<OffsetDateTime> },
}

/// Takes a batch of clocks and says it of them, in one transaction.
async fn round(app: &App) -> sqlx::Result<Round> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    claims::plan_afresh(&mut tx).await?;
    let mut round = Round::More;
    let overdue = claims::overdue(&mut tx, now, limit()).await?;
    let mut said = say(&mut tx, Word::Overdue, overdue, now).await?;
    if said < BATCH {
        let soon = claims::due_soon(&mut tx, now, limit()).await?;
        let warned = say(&mut tx, Word::DueSoon, soon, now).await?;
        if warned < BATCH {
            let next = claims::next(&mut tx).await?;
            round = Round::Done { next };
        }
        said += warned;
    }
    if said > 0 {
        failpoint::pass("sla-worker", "claim-commit").await;
    }
    tx.commit().await?;
    if said > 0 {
        app.bus.wake();
        tracing::debug!(claims = said, "said");
    }
    Ok(round)
}

fn limit() -> i64 {
    i64::try_from(BATCH).unwrap_or(i64::MAX)
}

/// Says it of these clocks; answers how many there are.
async fn say(
    conn: &mut PgConnection,
    word: Word,
    taken: Vec<Claim>,
    now: OffsetDateTime,
) -> sqlx::Result<usize> {
    note(word, &taken, now);
    let events: Vec<_> = taken
        .into_iter()
        .map(|claim| claim.event(word, now))
        .collect();
    outbox::append(conn, &events).await?;
    Ok(events.len())
}

/// How much is said, and how late claims are.
fn note(word: Word, taken: &[Claim], now: OffsetDateTime) {
    metrics::counter!("sla_said_total", "word" => word.as_str()).increment(taken.len() as u64);
    if word == Word::Overdue {
        for taken in taken {
            let late = now - taken.claim.due_at;
            metrics::histogram!("sla_claim_lateness_seconds").record(late.as_seconds_f64());
        }
    }
}

/// Rests until then, until an earlier deadline comes up, or until told to stop. What was due
/// already is in somebody else's hands: it is looked at again soon.
async fn sleep_until(app: &App, next: Option<OffsetDateTime>, stop: &CancellationToken) {
    let now = app.clock.now();
    let rest = next.map_or(LONGEST_REST, |next| {
        Duration::try_from(next - now).unwrap_or_default()
    });
    let rest = rest.clamp(SHORTEST_REST, LONGEST_REST);
    let until = Instant::now() + rest;
    app.alarm.set(now + rest);
    stop.run_until_cancelled(async {
        tokio::time::sleep(SHORTEST_REST).await;
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = app.alarm.rung() => {}
        }
    })
    .await;
}
