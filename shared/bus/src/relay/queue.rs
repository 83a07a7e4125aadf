//! The relay's own connection: its lock, and every statement it runs.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    time::Duration,
};

use anyhow::Context as _;
use futures::TryStreamExt as _;
use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::time::timeout;

use crate::envelope::Row;

/// A batch ends at this many events or bytes. The server takes 1,000 messages in one.
const BATCH_EVENTS: i64 = 500;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// No statement of the relay takes this long; a connection on which one does is dead.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// Days that partitions are made ahead.
const DAYS_AHEAD: i32 = 7;

/// The advisory lock of the outbox in this database.
const LOCK: i64 = 0x0064_6573_6b2d_6f62;

/// What is oldest in the queue.
pub(crate) struct Page {
    /// Rows in order, as many as a batch takes.
    pub(crate) rows: Vec<Row>,
    /// Queued, but not in the outbox any more.
    pub(crate) lost: Vec<i64>,
    /// There is more than this.
    pub(crate) more: bool,
}

/// A row to be set aside: its seq, and why the server refused it, if it did.
pub(crate) struct Parking<'a> {
    pub(crate) row: &'a Row,
    pub(crate) error: Option<String>,
}

/// The connection.
pub(crate) struct Queue {
    conn: PgConnection,
}

impl Queue {
    /// Connects beside the pool. Keepalives are short so that the server frees a dead relay's
    /// lock soon; plans are made for the values, because a plan kept from an empty queue would
    /// scan the whole outbox.
    pub(crate) async fn connect(pool: &PgPool, service: &str) -> anyhow::Result<Self> {
        let options = PgConnectOptions::clone(&pool.connect_options())
            .application_name(&format!("{service} relay"))
            .options([
                ("plan_cache_mode", "force_custom_plan"),
                ("tcp_keepalives_idle", "5"),
                ("tcp_keepalives_interval", "2"),
                ("tcp_keepalives_count", "3"),
                ("idle_session_timeout", "0"),
            ]);
        let conn = within(PgConnection::connect_with(&options))
            .await
            .context("relay connection")?;
        Ok(Self { conn })
    }

    /// Gives the lock back at once.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        within(self.conn.close()).await
    }

    /// Tries for the lock. Never waits for it in the database: a waiting statement holds back
    /// vacuum.
    pub(crate) async fn lock(&mut self) -> anyhow::Result<bool> {
        within(
            sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "held!""#, LOCK)
                .fetch_one(&mut self.conn),
        )
        .await
        .context("the outbox's lock")
    }

    /// Reads the oldest pending events. Two statements, never a join; the days prune partitions.
    pub(crate) async fn page(&mut self) -> anyhow::Result<Page> {
        let pending = within(
            sqlx::query!(
                "select seq, day from outbox_pending order by seq limit $1",
                BATCH_EVENTS
            )
            .fetch_all(&mut self.conn),
        )
        .await
        .context("reading the queue")?;
        if pending.is_empty() {
            return Ok(Page {
                rows: Vec::new(),
                lost: Vec::new(),
                more: false,
            });
        }
        let full = i64::try_from(pending.len()).is_ok_and(|n| n >= BATCH_EVENTS);
        let seqs: Vec<i64> = pending.iter().map(|row| row.seq).collect();
        let mut days: Vec<time::Date> = pending.iter().map(|row| row.day).collect();
        days.dedup();
        let (rows, cut) = within(self.rows(&seqs, &days))
            .await
            .context("reading the outbox")?;
        let lost = if cut {
            Vec::new()
        } else {
            missing(&seqs, &rows)
        };
        Ok(Page {
            rows,
            lost,
            more: full || cut,
        })
    }

    /// The rows in order until the batch is full; true when it was before the last. What is left
    /// unread is thrown away by the connection, row by row, never held in memory.
    async fn rows(&mut self, seqs: &[i64], days: &[time::Date]) -> sqlx::Result<(Vec<Row>, bool)> {
        let mut found = sqlx::query_as!(
            Row,
            r#"select seq, event_id, aggregate_kind, aggregate_id, sequence, type as kind, version,
                      occurred_at, traceparent, request_id, payload::text as "payload!"
               from outbox where day = any($1) and seq = any($2) order by seq"#,
            days,
            seqs,
        )
        .fetch(&mut self.conn);
        let (mut rows, mut bytes) = (Vec::with_capacity(seqs.len()), 0);
        while let Some(row) = found.try_next().await? {
            bytes += row.payload.len();
            if bytes > BATCH_BYTES && !rows.is_empty() {
                return Ok((rows, true));
            }
            rows.push(row);
        }
        Ok((rows, false))
    }

    /// Takes published events off the queue and raises the heads of their aggregates, both or
    /// neither. An event that is published again raises nothing.
    pub(crate) async fn published(&mut self, rows: &[&Row]) -> anyhow::Result<()> {
        let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        let heads = heads(rows);
        let kinds: Vec<&str> = heads
            .iter()
            .map(|row| row.aggregate_kind.as_str())
            .collect();
        let ids: Vec<i64> = heads.iter().map(|row| row.aggregate_id).collect();
        let sequences: Vec<i64> = heads.iter().map(|row| row.sequence).collect();
        let times: Vec<time::OffsetDateTime> = heads.iter().map(|row| row.occurred_at).collect();
        within(
            sqlx::query!(
                "with gone as (delete from outbox_pending where seq = any($1))
                 insert into outbox_heads as h
                     (aggregate_kind, aggregate_id, sequence, occurred_at)
                 select * from unnest($2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[])
                 on conflict (aggregate_kind, aggregate_id) do update
                 set sequence = excluded.sequence, occurred_at = excluded.occurred_at
                 where h.sequence < excluded.sequence",
                &seqs,
                &kinds as &[&str],
                &ids,
                &sequences,
                &times,
            )
            .execute(&mut self.conn),
        )
        .await
        .context("taking events off the queue")?;
        Ok(())
    }

    /// Takes off the queue what is not in the outbox any more.
    pub(crate) async fn forget(&mut self, seqs: &[i64]) -> anyhow::Result<()> {
        within(
            sqlx::query!("delete from outbox_pending where seq = any($1)", seqs)
                .execute(&mut self.conn),
        )
        .await
        .context("taking lost events off the queue")?;
        Ok(())
    }

    /// Moves events from the queue to the parked ones.
    pub(crate) async fn park(&mut self, parked: &[Parking<'_>]) -> anyhow::Result<()> {
        let seqs: Vec<i64> = parked.iter().map(|parking| parking.row.seq).collect();
        let kinds: Vec<&str> = parked
            .iter()
            .map(|parking| parking.row.aggregate_kind.as_str())
            .collect();
        let ids: Vec<i64> = parked
            .iter()
            .map(|parking| parking.row.aggregate_id)
            .collect();
        let errors: Vec<Option<&str>> = parked
            .iter()
            .map(|parking| parking.error.as_deref())
            .collect();
        within(
            sqlx::query!(
                "with gone as (delete from outbox_pending where seq = any($1) returning seq, day)
                 insert into outbox_parked (seq, day, aggregate_kind, aggregate_id, error)
                 select gone.seq, gone.day, p.kind, p.id, p.error
                 from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[])
                      as p (seq, kind, id, error)
                 join gone using (seq)
                 on conflict (seq) do update set error = excluded.error",
                &seqs,
                &kinds as &[&str],
                &ids,
                &errors as &[Option<&str>],
            )
            .execute(&mut self.conn),
        )
        .await
        .context("parking")?;
        Ok(())
    }

    /// The aggregates of which an event is parked for itself.
    pub(crate) async fn held(&mut self) -> anyhow::Result<HashSet<(String, i64)>> {
        let rows = within(
            sqlx::query!(
                "select distinct aggregate_kind, aggregate_id from outbox_parked
                 where error is not null"
            )
            .fetch_all(&mut self.conn),
        )
        .await
        .context("reading the parked events")?;
        Ok(rows
            .into_iter()
            .map(|row| (row.aggregate_kind, row.aggregate_id))
            .collect())
    }

    /// Makes partitions ahead and drops old ones. That this fails (a lock was not to be had in
    /// time) stops nothing: there are days in hand, and a default partition.
    pub(crate) async fn look_after_partitions(&mut self, keep: u16) -> anyhow::Result<()> {
        let done = within(
            sqlx::query!(
                r#"select outbox_make_partitions($1) as "made!",
                          outbox_drop_partitions($2) as "dropped!""#,
                DAYS_AHEAD,
                i32::from(keep),
            )
            .fetch_one(&mut self.conn),
        )
        .await;
        match done {
            Ok(row) => {
                tracing::debug!(made = row.made, dropped = row.dropped, "outbox partitions");
                Ok(())
            }
            Err(error) if is_database(&error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "outbox partitions, next time again"
                );
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Measures the queue: its length, the age of its oldest event; what is parked, and the dead letters.
    #[expect(
        clippy::cast_precision_loss,
        reason = "gauges are floats; counts stay below 2^52"
    )]
    pub(crate) async fn measure(&mut self) -> anyhow::Result<()> {
        let now = within(
            sqlx::query!(
                r#"select (select count(*) from outbox_pending) as "pending!",
                          (select count(*) from outbox_parked) as "parked!",
                          (select count(*) from dead_letters) as "dead!",
                          (select extract(epoch from clock_timestamp() - o.occurred_at)::float8
                           from (select seq, day from outbox_pending order by seq limit 1) as p
                           join outbox as o on o.seq = p.seq and o.day = p.day) as age"#
            )
            .fetch_one(&mut self.conn),
        )
        .await
        .context("measuring the queue")?;
        metrics::gauge!("outbox_pending").set(now.pending as f64);
        metrics::gauge!("outbox_parked").set(now.parked as f64);
        metrics::gauge!("dead_letters").set(now.dead as f64);
        metrics::gauge!("outbox_oldest_seconds").set(now.age.unwrap_or_default().max(0.0));
        Ok(())
    }
}

/// Whoever does not publish measures nothing, and old figures would stand for ever.
pub(crate) fn measure_nothing() {
    metrics::gauge!("outbox_pending").set(0.0);
    metrics::gauge!("outbox_parked").set(0.0);
    metrics::gauge!("outbox_oldest_seconds").set(0.0);
    metrics::gauge!("dead_letters").set(0.0);
    metrics::counter!("bus_relay_restarts_total").increment(0);
}

/// The last event of each aggregate among these: a statement may touch a head once.
fn heads<'a>(rows: &[&'a Row]) -> Vec<&'a Row> {
    let mut heads: HashMap<(&str, i64), &Row> = HashMap::with_capacity(rows.len());
    for row in rows {
        let head = heads
            .entry((&row.aggregate_kind, row.aggregate_id))
            .or_insert(row);
        if head.sequence < row.sequence {
            *head = row;
        }
    }
    heads.into_values().collect()
}

/// Seqs without a row: both are in order.
fn missing(seqs: &[i64], rows: &[Row]) -> Vec<i64> {
    seqs.iter()
        .copied()
        .filter(|seq| rows.binary_search_by_key(seq, |row| row.seq).is_err())
        .collect()
}

/// The database answered, and said no.
fn is_database(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<sqlx::Error>(),
        Some(sqlx::Error::Database(_))
    )
}

async fn within<T>(work: impl Future<Output = sqlx::Result<T>>) -> anyhow::Result<T> {
    Ok(timeout(STATEMENT_TIMEOUT, work)
        .await
        .context("no answer from the database")??)
}
