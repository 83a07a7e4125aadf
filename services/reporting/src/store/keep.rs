//! Keeping tickets' states and the sums of the reports, a batch at a time.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::Heard;

/// One array per column: a whole batch is one statement.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<i64>,
    projects: Vec<i64>,
    statuses: Vec<&'a str>,
    priorities: Vec<&'a str>,
    sources: Vec<&'a str>,
    categories: Vec<Option<i64>>,
    assignees: Vec<Option<i64>>,
    created: Vec<OffsetDateTime>,
    responded: Vec<Option<OffsetDateTime>>,
    response_due: Vec<Option<OffsetDateTime>>,
    response_breached: Vec<bool>,
    resolved: Vec<Option<OffsetDateTime>>,
    resolution_due: Vec<Option<OffsetDateTime>>,
    resolution_breached: Vec<bool>,
    closed: Vec<Option<OffsetDateTime>>,
    replies: Vec<i32>,
    deleted: Vec<Option<OffsetDateTime>>,
    purged: Vec<bool>,
    sequences: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, heard: &Heard<'a>) {
        let ticket = heard.ticket;
        self.ids.push(ticket.id);
        self.projects.push(ticket.project_id);
        self.statuses.push(ticket.status.as_str());
        self.priorities.push(ticket.priority.as_str());
        self.sources.push(ticket.source.as_str());
        self.categories.push(ticket.category_id);
        self.assignees.push(ticket.assigned_to);
        self.created.push(ticket.created_at);
        self.responded.push(ticket.first_response_at);
        self.response_due.push(ticket.first_response_due_at);
        self.response_breached.push(ticket.first_response_breached);
        self.resolved.push(ticket.resolved_at);
        self.resolution_due.push(ticket.resolution_due_at);
        self.resolution_breached.push(ticket.resolution_breached);
        self.closed.push(ticket.closed_at);
        self.replies.push(ticket.reply_count);
        self.deleted.push(ticket.deleted_at);
        self.purged.push(heard.purged);
        self.sequences.push(heard.sequence);
    }
}

/// Waits until no other batch is being applied, until the end of the transaction: what an old
/// state added is read and taken back in one statement, which must see the last batch's end. Both
/// replicas of a deployment write the same few rows of today, so they would wait anyway.
///
/// Plans are made for each batch's parameters: one made while the tables were empty would read
/// them whole.
pub(crate) async fn take_turn(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('reports of ' || current_schema(), 0)),
                set_config('plan_cache_mode', 'force_custom_plan', true)"
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// Keeps each state that is newer than the known one, and moves the reports' sums by the
/// difference. At most one state a ticket; the caller has taken its turn.
pub(crate) async fn keep(conn: &mut PgConnection, heard: &[Heard<'_>]) -> sqlx::Result<()> {
    if heard.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    for one in heard {
        columns.push(one);
    }
    sqlx::query_file!(
        "src/store/keep.sql",
        &columns.ids,
        &columns.projects,
        &columns.statuses as &[&str],
        &columns.priorities as &[&str],
        &columns.sources as &[&str],
        &columns.categories as &[Option<i64>],
        &columns.assignees as &[Option<i64>],
        &columns.created,
        &columns.responded as &[Option<OffsetDateTime>],
        &columns.response_due as &[Option<OffsetDateTime>],
        &columns.response_breached,
        &columns.resolved as &[Option<OffsetDateTime>],
        &columns.resolution_due as &[Option<OffsetDateTime>],
        &columns.resolution_breached,
        &columns.closed as &[Option<OffsetDateTime>],
        &columns.replies,
        &columns.deleted as &[Option<OffsetDateTime>],
        &columns.purged,
        &columns.sequences,
    )
    .execute(conn)
    .await?;
    Ok(())
}
