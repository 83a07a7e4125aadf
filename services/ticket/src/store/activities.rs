//! A ticket's history.

use desk_events::Change;
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;

use crate::domain::Entry;

/// One entry of the history with its actor's name.
#[derive(Debug, Clone)]
pub struct Activity {
    /// Activity id.
    pub id: i64,
    /// `created`, `status_changed`, …
    pub kind: String,
    /// `user`, `key` or `system`.
    pub actor_kind: String,
    /// User id or key id.
    pub actor_id: Option<i64>,
    /// The user's name, or the key's project.
    pub actor_name: String,
    /// Which fields changed.
    pub changes: Json<Vec<Change>>,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Stores entries of one change.
pub async fn insert(
    conn: &mut PgConnection,
    ticket_id: i64,
    entries: &[Entry],
    at: OffsetDateTime,
) -> sqlx::Result<()> {
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.activity()).collect();
    let actor_kinds: Vec<&str> = entries
        .iter()
        .map(|entry| entry.actor.kind.as_str())
        .collect();
    let actor_ids: Vec<Option<i64>> = entries.iter().map(|entry| entry.actor.id).collect();
    let changes: Vec<Json<&[Change]>> = entries
        .iter()
        .map(|entry| Json(entry.changes.as_slice()))
        .collect();
    sqlx::query!(
        "insert into activities (ticket_id, type, actor_kind, actor_id, changes, created_at)
         select $1, e.kind, e.actor_kind, e.actor_id, e.changes, $6
         from unnest($2::text[], $3::text[], $4::bigint[], $5::jsonb[]) with ordinality
              as e (kind, actor_kind, actor_id, changes, place)
         order by e.place",
        ticket_id,
        &kinds as _,
        &actor_kinds as _,
        &actor_ids as _,
        &changes as _,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A ticket's last activities, oldest first; without those that tell of notes, unless wanted.
pub async fn last(
    conn: &mut PgConnection,
    ticket_id: i64,
    notes: bool,
    limit: i64,
) -> sqlx::Result<Vec<Activity>> {
    let mut newest = sqlx::query_as!(
        Activity,
        r#"select a.id, a.type as kind, a.actor_kind, a.actor_id,
                  coalesce(u.name, p.name, 'System') as "actor_name!",
                  a.changes as "changes: Json<Vec<Change>>", a.created_at
           from activities a
           join tickets t on t.id = a.ticket_id
           left join replica_users u on a.actor_kind = 'user' and u.id = a.actor_id
           left join replica_projects p on a.actor_kind = 'key' and p.id = t.project_id
           where a.ticket_id = $1 and ($2 or a.type <> 'note_added')
           order by a.id desc
           limit $3"#,
        ticket_id,
        notes,
        limit,
    )
    .fetch_all(conn)
    .await?;
    newest.reverse();
    Ok(newest)
}
