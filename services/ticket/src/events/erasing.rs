//! What follows when auth erases a person: the tickets filed by or for the person tell of nobody any
//! more, and the person's words are gone from all others.

use std::collections::BTreeMap;

use anyhow::Context;
use sqlx::PgConnection;

use crate::{
    App,
    domain::{
        Write,
        erase::{Extent, erase},
    },
    store::{erasing, persons, tickets},
};

/// Erases the person of an account, found by what the copy of the account still tells.
pub async fn person(app: &App, conn: &mut PgConnection, user_id: i64) -> anyhow::Result<()> {
    let person = persons::of(conn, user_id).await?;
    let found = erasing::tickets(conn, &person).await?;
    let extents: BTreeMap<i64, Extent> = found
        .iter()
        .map(|found| {
            let extent = found.requester_id.map_or(Extent::Words, Extent::Customer);
            (found.ticket_id, extent)
        })
        .collect();
    let ids: Vec<i64> = extents.keys().copied().collect();
    let mut writes: Vec<Write> = Vec::with_capacity(ids.len());
    for ticket in tickets::lock_with_deleted(conn, &ids).await? {
        let extent = extents.get(&ticket.id).copied().unwrap_or(Extent::Words);
        writes.push(erase(&ticket, extent, ticket.moment(app.clock.now())));
    }
    let own: Vec<i64> = extents
        .iter()
        .filter(|(_, extent)| **extent != Extent::Words)
        .map(|(id, _)| *id)
        .collect();
    erasing::apply(conn, &person, &writes, &own)
        .await
        .context("erasing tickets")?;
    erasing::requesters(conn, &person)
        .await
        .context("erasing requesters")?;
    erasing::own_texts(conn, &person)
        .await
        .context("erasing canned responses")
}
