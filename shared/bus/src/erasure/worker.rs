//! The worker: waits for requested erasures, one process at a time, and tries until they are done.

use std::{collections::HashMap, time::Duration};

use anyhow::Context as _;
use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio_util::sync::CancellationToken;

use super::scan::{self, Sought};
use crate::{
    backoff::{Backoff, pause},
    bus::Bus,
};

/// How often it is seen whether there is something to do.
const POLL: Duration = Duration::from_secs(1);

/// The advisory lock of whoever erases for this database.
const LOCK: i64 = 0x0064_6573_6b2d_6572;

/// Aggregates looked for in one reading of the stream.
const AT_ONCE: i64 = 10_000;

/// Erases until told to stop.
pub(crate) async fn run(bus: Bus, pool: PgPool, stop: CancellationToken) {
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));
    while pause(POLL, &stop).await {
        match stop.run_until_cancelled(Box::pin(once(&bus, &pool))).await {
            None => return,
            Some(Ok(())) => backoff.reset(),
            Some(Err(error)) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "erased data is still in the stream, tried again");
                metrics::counter!("stream_erasure_failures_total").increment(1);
                if !backoff.wait(&stop).await {
                    return;
                }
            }
        }
    }
}

/// Does what is to be done, if nobody else is at it.
async fn once(bus: &Bus, pool: &PgPool) -> anyhow::Result<()> {
    if !is_requested(pool).await? {
        return Ok(());
    }
    // A connection beside the pool: given up half-way, it takes the lock along.
    let options = PgConnectOptions::clone(&pool.connect_options())
        .application_name(&format!("{} erasure", bus.service()));
    let mut conn = PgConnection::connect_with(&options)
        .await
        .context("the erasure's connection")?;
    if lock(&mut conn).await? {
        erase(bus, &mut conn).await?;
    }
    conn.close().await?;
    Ok(())
}

async fn erase(bus: &Bus, conn: &mut PgConnection) -> anyhow::Result<()> {
    let sought = sought(conn).await?;
    if sought.is_empty() {
        return Ok(());
    }
    let deleted = scan::delete(bus, &sought).await?;
    done(conn, &sought).await?;
    metrics::counter!("stream_erased_messages_total").increment(deleted);
    tracing::info!(
        aggregates = sought.len(),
        deleted,
        "erased data is out of the stream"
    );
    Ok(())
}

async fn is_requested(pool: &PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from stream_erasures) as "requested!""#)
        .fetch_one(pool)
        .await
}

async fn lock(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "held!""#, LOCK)
        .fetch_one(conn)
        .await
}

/// The oldest requests of which nothing can be on its way to the stream any more.
async fn sought(conn: &mut PgConnection) -> sqlx::Result<Sought> {
    let rows = sqlx::query!(
        "select aggregate_kind, aggregate_id, through from stream_erasures
         where seq < coalesce((select min(seq) from outbox_pending), 9223372036854775807)
         order by requested_at, aggregate_kind, aggregate_id limit $1",
        AT_ONCE,
    )
    .fetch_all(conn)
    .await?;
    let mut sought: Sought = HashMap::new();
    for row in rows {
        sought.insert((row.aggregate_kind, row.aggregate_id), row.through);
    }
    Ok(sought)
}

/// Forgets what was done, unless more was asked for meanwhile.
async fn done(conn: &mut PgConnection, sought: &Sought) -> sqlx::Result<()> {
    let kinds: Vec<&str> = sought.keys().map(|(kind, _)| kind.as_str()).collect();
    let ids: Vec<i64> = sought.keys().map(|(_, id)| *id).collect();
    let throughs: Vec<i64> = sought.values().copied().collect();
    sqlx::query!(
        "delete from stream_erasures as e
         using unnest($1::text[], $2::bigint[], $3::bigint[]) as d (kind, id, through)
         where e.aggregate_kind = d.kind and e.aggregate_id = d.id and e.through = d.through",
        &kinds as &[&str],
        &ids,
        &throughs,
    )
    .execute(conn)
    .await?;
    Ok(())
}
