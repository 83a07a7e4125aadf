//! One comparison of a consumer with all owners of what it keeps: page by page, on a connection of
//! its own, one process at a time.

use std::{collections::BTreeMap, future::Future, time::Duration};

use anyhow::{Context as _, bail};
use desk_http::{Error, client::Peer};
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};
use tokio::time::{Instant, sleep, timeout};

use super::{
    Parts, audit,
    audit::Difference,
    gaps::requests,
    kept::{Kept, KeptBy},
    lacking::{Lacking, lacking},
    owner_of,
    position::caught_up,
    report::{Findings, Outcome, Reason, Report},
    types,
    wire::{Head, Heads, PAGE, Republish, Republished, Span},
};
use crate::{backoff::Backoff, consumer::Consumer, heard};

/// How long an owner may be out of reach, or busy, before the comparison is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// No question to the database takes this long; a connection on which one does is dead.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest rest between two pages: a comparison takes half of the time at most.
pub(super) const REST: Duration = Duration::from_millis(250);

/// How many differences are logged one by one.
const LOGGED: u64 = 20;

/// Compares now, and row by row if told to; none when another process is at it. Notes what was
/// found.
pub(crate) async fn run<C: Consumer>(
    parts: &Parts<C>,
    reason: Reason,
    audited: bool,
) -> anyhow::Result<Option<Report>> {
    let began = Instant::now();
    let mut report = Report {
        consumer: C::NAME,
        reason,
        seconds: 0.0,
        owners: BTreeMap::new(),
        failed: BTreeMap::new(),
        healed: None,
    };
    // The questions to one owner after the other belong together.
    let span = desk_telemetry::Span::own("reconcile");
    let compared = compare(parts, &mut report, audited);
    if !desk_telemetry::scope(span.context().clone(), compared).await? {
        return Ok(None);
    }
    report.seconds = began.elapsed().as_secs_f64();
    note(parts, &report);
    Ok(Some(report))
}

/// Compares under the lock; false when another process holds it. An owner that is down keeps
/// nobody from the others.
async fn compare<C: Consumer>(
    parts: &Parts<C>,
    report: &mut Report,
    audited: bool,
) -> anyhow::Result<bool> {
    let mut comparison = Comparison::begin(parts).await?;
    if !comparison.lock().await? {
        return Ok(false);
    }
    for (owner, peer) in parts.peers.iter() {
        match comparison.owner(owner, peer).await {
            Ok(found) => drop(report.owners.insert(owner, found)),
            Err(error) => drop(report.failed.insert(owner, format!("{error:#}"))),
        }
    }
    if audited {
        match comparison.audit().await {
            Ok(healed) => report.healed = Some(healed),
            Err(error) => drop(report.failed.insert("ticket", format!("{error:#}"))),
        }
    }
    comparison.unlock().await?;
    Ok(true)
}

/// Compares row by row, on a connection beside the pool.
pub(super) async fn audit<C: Consumer>(
    parts: &Parts<C>,
    heal: bool,
    tell: impl FnMut(&Difference) + Send,
    reach: impl FnMut(u64, u64) + Send,
) -> anyhow::Result<u64> {
    let mut comparison = Comparison::begin(parts).await?;
    let span = desk_telemetry::Span::own("verify");
    let work = audit::audit(parts, &mut comparison.conn, heal, tell, reach);
    desk_telemetry::scope(span.context().clone(), work).await
}

/// Metrics, and one line.
#[expect(
    clippy::cast_precision_loss,
    reason = "gauges are floats; counts stay below 2^52"
)]
fn note<C: Consumer>(parts: &Parts<C>, report: &Report) {
    let outcome = report.outcome();
    let ended = [("consumer", C::NAME), ("outcome", outcome.as_str())];
    metrics::counter!("reconciler_runs_total", &ended).increment(1);
    for (owner, found) in &report.owners {
        let labels = [("consumer", C::NAME), ("owner", *owner)];
        metrics::counter!("reconciler_compared_total", &labels).increment(found.compared);
        metrics::counter!("reconciler_missing_total", &labels).increment(found.missing);
        metrics::gauge!("reconciler_beyond_retention", &labels).set(found.beyond as f64);
        metrics::gauge!("reconciler_dead", &labels).set(found.dead as f64);
    }
    if outcome != Outcome::Failed {
        let now = parts.clock.now().unix_timestamp();
        metrics::gauge!("reconciler_last_run_timestamp_seconds", "consumer" => C::NAME)
            .set(now as f64);
    }
    let healed = report.healed.unwrap_or_default();
    metrics::counter!("reconciler_healed_total", "consumer" => C::NAME).increment(healed);
    let total = report.total();
    if outcome == Outcome::Whole && total.beyond == 0 && healed == 0 {
        tracing::info!(consumer = C::NAME, %report, "reconciled");
    } else {
        tracing::warn!(consumer = C::NAME, outcome = outcome.as_str(), %report, "reconciled");
    }
}

struct Comparison<'a, C> {
    parts: &'a Parts<C>,
    types: Vec<String>,
    conn: PgConnection,
}

impl<'a, C: Consumer> Comparison<'a, C> {
    /// A connection beside the pool: given up half-way, it takes the lock along.
    async fn begin(parts: &'a Parts<C>) -> anyhow::Result<Self> {
        let options = PgConnectOptions::clone(&parts.pool.connect_options())
            .application_name(&format!("{} reconciler", C::NAME));
        let conn = within(PgConnection::connect_with(&options))
            .await
            .context("reconciler connection")?;
        let types = types(parts.consumer.subjects()).into_iter();
        Ok(Self {
            parts,
            types: types.map(str::to_owned).collect(),
            conn,
        })
    }

    async fn lock(&mut self) -> anyhow::Result<bool> {
        within(
            sqlx::query_scalar!(
                r#"select pg_try_advisory_lock(hashtextextended('reconciler ' || $1, 0))
                          as "held!""#,
                C::NAME,
            )
            .fetch_one(&mut self.conn),
        )
        .await
        .context("the reconciler's lock")
    }

    /// By hand: closing the connection tells the server, which lets go of the lock some time later.
    async fn unlock(mut self) -> anyhow::Result<()> {
        let unlock = sqlx::query_scalar!(
            r#"select pg_advisory_unlock(hashtextextended('reconciler ' || $1, 0)) as "held!""#,
            C::NAME,
        );
        within(unlock.fetch_one(&mut self.conn))
            .await
            .context("the reconciler's lock")?;
        Ok(self.conn.close().await?)
    }

    /// Heals what is kept otherwise than ticket tells it; answers how much that was.
    async fn audit(&mut self) -> anyhow::Result<u64> {
        let mut logged = 0;
        let tell = |difference: &Difference| {
            if logged < LOGGED {
                tracing::warn!(consumer = C::NAME, %difference, "healed");
            }
            logged += 1;
        };
        audit::audit(self.parts, &mut self.conn, true, tell, |_, _| {}).await
    }

    async fn owner(&mut self, owner: &str, peer: &Peer) -> anyhow::Result<Findings> {
        let mut found = Findings::default();
        for kept in self.parts.consumer.keeps() {
            if owner_of(kept.kind) == owner {
                self.kind(peer, *kept, &mut found).await?;
            }
        }
        Ok(found)
    }

    async fn kind(&mut self, peer: &Peer, kept: Kept, found: &mut Findings) -> anyhow::Result<()> {
        let mut next = Some(String::new());
        while let Some(after) = next {
            let began = Instant::now();
            let page = heads(peer, kept, &after).await?;
            found.compared += page.heads.len() as u64;
            self.page(peer, kept, &page.heads, found).await?;
            next = page.next;
            if next.is_some() {
                sleep(began.elapsed().min(REST)).await;
            }
        }
        Ok(())
    }

    /// Compares twice: what is lacking may have been under way.
    async fn page(
        &mut self,
        peer: &Peer,
        kept: Kept,
        heads: &[Head],
        found: &mut Findings,
    ) -> anyhow::Result<()> {
        let heads = self.of_use(kept, heads);
        let suspects = self.lacking(kept, &heads).await?;
        if suspects.spans.is_empty() {
            found.dead += suspects.dead;
            return Ok(());
        }
        caught_up(&self.parts.bus, C::NAME).await?;
        let lacking = self.lacking(kept, &heads).await?;
        found.dead += lacking.dead;
        for spans in requests(&lacking.spans) {
            let answer = self.republish(peer, kept, &spans).await?;
            found.republished += count(answer.events);
            found.missing += count(answer.aggregates);
            found.beyond += self.beyond(kept, &lacking.heads, &answer.gone).await?;
        }
        Ok(())
    }

    /// Leaves out what has not changed for longer than the consumer looks back.
    fn of_use(&self, kept: Kept, heads: &[Head]) -> Vec<Head> {
        let now = self.parts.clock.now();
        let oldest = kept.forgotten_after.map(|age| now - age);
        let counts = |head: &&Head| oldest.is_none_or(|oldest| head.occurred_at >= oldest);
        heads.iter().filter(counts).copied().collect()
    }

    async fn lacking(&mut self, kept: Kept, heads: &[Head]) -> anyhow::Result<Lacking> {
        let question = lacking(&mut self.conn, &self.parts.consumer, kept, heads);
        within(question).await.context("looking at what is there")
    }

    async fn republish(
        &self,
        peer: &Peer,
        kept: Kept,
        spans: &[Span],
    ) -> anyhow::Result<Republished> {
        let request = Republish {
            kind: Some(kept.kind.as_str().to_owned()),
            types: Some(self.types.clone()),
            spans: Some(spans.to_vec()),
        };
        patiently(|| peer.post("/internal/republish", &request)).await
    }

    /// How many aggregates need a snapshot. A gap below later events of what is kept by event can
    /// be filled by none: it is given up, and counted this once.
    async fn beyond(&mut self, kept: Kept, heads: &[Head], gone: &[Span]) -> anyhow::Result<u64> {
        let is_gap = |span: &&Span| {
            let head = heads.binary_search_by_key(&span.id, |head| head.id);
            head.is_ok_and(|at| span.last < heads[at].sequence)
        };
        let gaps: Vec<Span> = gone.iter().filter(is_gap).copied().collect();
        if kept.by == KeptBy::Event && !gaps.is_empty() {
            let note = heard::give_up(&mut self.conn, C::NAME, kept.kind, &gaps);
            within(note).await.context("giving up what is gone")?;
        }
        let mut ids: Vec<i64> = gone.iter().map(|span| span.id).collect();
        ids.dedup();
        Ok(ids.len() as u64)
    }
}

async fn heads(peer: &Peer, kept: Kept, after: &str) -> anyhow::Result<Heads> {
    let kind = kept.kind.as_str();
    let path = format!("/internal/heads?kind={kind}&limit={PAGE}&after={after}");
    patiently(|| peer.get(&path)).await
}

/// Asks until the owner is there and has time.
pub(super) async fn patiently<T, F>(mut ask: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = desk_http::Result<Option<T>>>,
{
    let until = Instant::now() + PATIENCE;
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(3));
    loop {
        match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => bail!("the owner knows no such route"),
            Err(Error::Unavailable(_)) if Instant::now() < until => sleep(backoff.step()).await,
            Err(Error::Internal(source)) => return Err(source),
            Err(error) => return Err(error.into()),
        }
    }
}

async fn within<T, E: Into<anyhow::Error>>(
    work: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T> {
    timeout(STATEMENT_TIMEOUT, work)
        .await
        .context("no answer from the database")?
        .map_err(Into::into)
}

fn count(of: i64) -> u64 {
    u64::try_from(of).unwrap_or_default()
}
