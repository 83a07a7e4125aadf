//! The copy of ticket's categories: what the categories report calls them.

use std::collections::BTreeMap;

use desk_bus::reconcile::Known;
use desk_events::{CategoryState, Event, Fact};
use sqlx::PgConnection;

/// The newest state of each category that the events tell of, by id.
fn newest(events: &[Event]) -> BTreeMap<i64, (&CategoryState, i64)> {
    let mut categories: BTreeMap<i64, (&CategoryState, i64)> = BTreeMap::new();
    for event in events {
        if let Fact::ConfigCategory(category) = &event.fact {
            let newest = categories
                .entry(category.id)
                .or_insert((category, event.sequence));
            if newest.1 < event.sequence {
                *newest = (category, event.sequence);
            }
        }
    }
    categories
}

/// Keeps each category that is newer than the known one.
pub(crate) async fn keep(conn: &mut PgConnection, events: &[Event]) -> sqlx::Result<()> {
    let newest = newest(events);
    if newest.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = newest.values().map(|(c, _)| c.name.as_str()).collect();
    let colors: Vec<Option<&str>> = newest.values().map(|(c, _)| c.color.as_deref()).collect();
    let sequences: Vec<i64> = newest.values().map(|(_, sequence)| *sequence).collect();
    sqlx::query!(
        "insert into categories as known (id, name, color, sequence)
         select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
         on conflict (id) do update set
             (name, color, sequence) = (excluded.name, excluded.color, excluded.sequence)
         where known.sequence < excluded.sequence",
        &newest.keys().copied().collect::<Vec<_>>(),
        &names as &[&str],
        &colors as &[Option<&str>],
        &sequences,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How far these categories are.
pub(crate) async fn known(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        "select id, sequence from categories where id = any($1)",
        ids,
    )
    .fetch_all(conn)
    .await
}
