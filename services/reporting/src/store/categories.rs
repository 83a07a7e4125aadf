//! The copy of ticket's categories: what the categories report calls them.

use std::collections::BTreeMap;

use desk_bus::reconcile::Known;
use desk_events::{CategoryState, Event, Fact, StateRecord};
use serde::Deserialize as _;
use serde_json::{Value, json};
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
    keep_newest(conn, &newest(events)).await
}

async fn keep_newest(
    conn: &mut PgConnection,
    newest: &BTreeMap<i64, (&CategoryState, i64)>,
) -> sqlx::Result<()> {
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

/// The copies whose ids are in a range, by id: names and colours, nothing else is kept.
pub(crate) async fn between(
    conn: &mut PgConnection,
    after: i64,
    last: i64,
) -> sqlx::Result<Vec<StateRecord<Value>>> {
    let rows = sqlx::query!(
        "select id, name, color, sequence from categories where id > $1 and id <= $2 order by id",
        after,
        last,
    )
    .fetch_all(conn)
    .await?;
    let records = rows.into_iter().map(|row| StateRecord {
        id: row.id,
        state: json!({"id": row.id, "name": row.name, "color": row.color}),
        sequence: row.sequence,
    });
    Ok(records.collect())
}

/// Drops the copies that are still as they were seen and keeps what ticket tells.
pub(crate) async fn put_right(
    conn: &mut PgConnection,
    seen: &[Known],
    told: &[StateRecord<Value>],
) -> anyhow::Result<()> {
    let (ids, sequences): (Vec<i64>, Vec<i64>) =
        seen.iter().map(|seen| (seen.id, seen.sequence)).unzip();
    sqlx::query!(
        "delete from categories c using unnest($1::bigint[], $2::bigint[]) as s (id, sequence)
         where c.id = s.id and c.sequence = s.sequence",
        &ids,
        &sequences,
    )
    .execute(&mut *conn)
    .await?;
    let categories: Vec<CategoryState> = (told.iter())
        .map(|told| CategoryState::deserialize(&told.state))
        .collect::<Result<_, _>>()?;
    let newest = (categories.iter().zip(told))
        .map(|(category, told)| (category.id, (category, told.sequence)))
        .collect();
    Ok(keep_newest(conn, &newest).await?)
}
