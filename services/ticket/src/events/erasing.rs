//! What follows when auth erases a person: the tickets filed by or for the person tell of nobody any
//! more, and the person's words are gone from all others.

use std::collections::BTreeMap;

use anyhow::Context;
use desk_telemetry::TraceContext;
use sqlx::PgConnection;

use crate::{
    App,
    domain::{
        Write,
        erase::{Extent, erase},
    },
    store::{
        erasing::{self, Part},
        erasures, persons, tickets,
    },
};

/// Tickets erased in one transaction.
const PART: i64 = 200;

/// Begins to erase the person of an account, found by what the copy of the account still tells: the
/// addresses are nobody's from now on, and the tickets are noted for [`part`].
pub async fn begin(
    app: &App,
    conn: &mut PgConnection,
    user_id: i64,
    cause: &TraceContext,
) -> anyhow::Result<()> {
    let person = persons::of(conn, user_id).await?;
    erasures::request(conn, &person, cause, app.clock.now())
        .await
        .context("noting tickets to erase")?;
    erasing::kept_answers(conn, &person)
        .await
        .context("erasing kept answers")?;
    erasing::requesters(conn, &person)
        .await
        .context("erasing requesters")?;
    erasing::own_texts(conn, &person)
        .await
        .context("erasing canned responses")
}

/// Erases some of what was noted; false when nothing is left.
pub async fn part(app: &App) -> anyhow::Result<bool> {
    let mut tx = app.db.begin().await?;
    let Some(erasure) = erasures::next(&mut tx).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    let user_id = erasure.user_id;
    let erased = desk_telemetry::scope(erasure.cause, some_of(app, &mut tx, user_id)).await;
    if let Err(error) = erased {
        tx.rollback().await?;
        // Whoever else waits is erased meanwhile.
        let mut conn = app.db.acquire().await?;
        erasures::put_off(&mut conn, user_id, app.clock.now()).await?;
        return Err(error.context(format!("erasing the account {user_id}")));
    }
    tx.commit().await?;
    app.bus.wake();
    Ok(true)
}

async fn some_of(app: &App, conn: &mut PgConnection, user_id: i64) -> anyhow::Result<()> {
    let found = erasures::take(conn, user_id, PART).await?;
    if found.is_empty() {
        erasures::done(conn, user_id).await?;
        tracing::info!(user_id, "no ticket tells of an erased person any more");
        return Ok(());
    }
    let requesters: BTreeMap<i64, Option<i64>> = found
        .iter()
        .map(|found| (found.ticket_id, found.requester_id))
        .collect();
    let ids: Vec<i64> = requesters.keys().copied().collect();
    let mut writes: Vec<Write> = Vec::with_capacity(ids.len());
    let mut own = Vec::new();
    for ticket in tickets::lock_with_deleted(conn, &ids).await? {
        let requester = requesters.get(&ticket.id).copied().flatten();
        if requester.is_some() {
            own.push(ticket.id);
        }
        let extent = requester.map_or(Extent::Words, Extent::Customer);
        writes.push(erase(&ticket, extent, ticket.moment(app.clock.now())));
    }
    let part = Part {
        user_id,
        writes: &writes,
        own: &own,
    };
    erasing::apply(conn, &part).await.context("erasing tickets")
}
