//! A ticket's history.

use std::borrow::Cow;

use desk_events::Change;
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;

use crate::domain::{Entry, EntryKind, Ticket, Write};

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

/// One array per column.
#[derive(Default)]
struct Columns<'a> {
    tickets: Vec<i64>,
    kinds: Vec<&'static str>,
    actor_kinds: Vec<&'static str>,
    actor_ids: Vec<Option<i64>>,
    changes: Vec<Json<Cow<'a, [Change]>>>,
    times: Vec<OffsetDateTime>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, ticket: &Ticket, entry: &'a Entry, message_id: Option<i64>) {
        self.tickets.push(ticket.id);
        self.kinds.push(entry.kind.activity());
        self.actor_kinds.push(entry.actor.kind.as_str());
        self.actor_ids.push(entry.actor.id);
        self.changes.push(Json(changes(entry, message_id)));
        self.times.push(ticket.updated_at);
    }
}

/// What an entry tells; that of a message names it, whose id only its row has.
fn changes(entry: &Entry, message_id: Option<i64>) -> Cow<'_, [Change]> {
    let tells_of_message = matches!(entry.kind, EntryKind::ReplyAdded | EntryKind::NoteAdded);
    match message_id.filter(|_| tells_of_message) {
        Some(id) => Cow::Owned(vec![Change::of("message_id", Value::Null, id)]),
        None => Cow::Borrowed(&entry.changes),
    }
}

/// Stores the entries of some changes, with the id of the message that came with them.
pub async fn insert(
    conn: &mut PgConnection,
    writes: &[Write],
    message_id: Option<i64>,
) -> sqlx::Result<()> {
    let mut columns = Columns::default();
    for write in writes {
        for entry in &write.entries {
            columns.push(&write.ticket, entry, message_id);
        }
    }
    sqlx::query!(
        "insert into activities (ticket_id, type, actor_kind, actor_id, changes, created_at)
         select e.ticket_id, e.kind, e.actor_kind, e.actor_id, e.changes, e.at
         from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::jsonb[],
                     $6::timestamptz[]) with ordinality
              as e (ticket_id, kind, actor_kind, actor_id, changes, at, place)
         order by e.place",
        &columns.tickets,
        &columns.kinds as _,
        &columns.actor_kinds as _,
        &columns.actor_ids as _,
        &columns.changes as _,
        &columns.times,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A ticket's last activities, oldest first; for a customer without those that tell of notes and
/// of who watches.
pub async fn last(
    conn: &mut PgConnection,
    ticket_id: i64,
    staff: bool,
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
           where a.ticket_id = $1 and ($2 or a.type not in ('note_added', 'watched'))
           order by a.id desc
           limit $3"#,
        ticket_id,
        staff,
        limit,
    )
    .fetch_all(conn)
    .await?;
    newest.reverse();
    Ok(newest)
}
