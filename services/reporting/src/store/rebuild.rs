//! The rebuild's own row, and the second set of read models that it fills: the schema `shadow`.

use desk_http::Timestamp;
use serde::Serialize;
use sqlx::{Executor, PgConnection, Postgres};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::keep;
use crate::domain::Heard;

/// How far a rebuild of the read models is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Progress {
    /// `never`, `running`, `interrupted` (goes on when started again), `done` or `failed`.
    #[schema(example = "running")]
    pub(crate) state: String,
    /// Tickets read.
    #[schema(example = 12000)]
    pub(crate) done: i64,
    /// Tickets there were when it started; more may have come since.
    #[schema(example = 48000)]
    pub(crate) total: i64,
    /// When it started.
    pub(crate) started_at: Option<Timestamp>,
    /// When it ended, well or not.
    pub(crate) finished_at: Option<Timestamp>,
    /// Why it failed.
    pub(crate) error: Option<String>,
}

impl Progress {
    /// Whether it stopped half-way and may go on.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.state == "interrupted"
    }
}

/// A page of ticket's states, and where the next one starts.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// The states.
    pub(crate) states: Vec<Heard<'a>>,
    /// Where the next page starts; none: this is the last.
    pub(crate) next: Option<&'a str>,
    /// All tickets there are; told on the first page.
    pub(crate) total: Option<i64>,
}

/// Takes the right to rebuild until the connection ends; false when somebody else has it.
pub(crate) async fn lock(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_lock(hashtextextended('rebuild of reports', 0)) as "held!""#
    )
    .fetch_one(conn)
    .await
}

/// Gives the right back at once: the server sees the end of a connection some time later.
pub(crate) async fn unlock(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_unlock(hashtextextended('rebuild of reports', 0))")
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// How far it is. Running and without anybody who holds the right to: interrupted.
pub(crate) async fn progress(db: impl Executor<'_, Database = Postgres>) -> sqlx::Result<Progress> {
    sqlx::query_as!(
        Progress,
        r#"select case when state <> 'running' or exists (
                      select from pg_locks
                      where locktype = 'advisory' and objsubid = 1 and granted
                        and database = (select oid from pg_database
                                        where datname = current_database())
                        and (classid::bigint << 32) | objid::bigint
                            = hashtextextended('rebuild of reports', 0))
                  then state else 'interrupted' end as "state!",
                  done, total, started_at as "started_at: Timestamp",
                  finished_at as "finished_at: Timestamp", error
           from rebuild"#,
    )
    .fetch_one(db)
    .await
}

/// Whether batches have to go to the shadow, too. Asked by who has the turn.
pub(crate) async fn is_running(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select state = 'running' as "running!" from rebuild"#)
        .fetch_one(conn)
        .await
}

/// Where to go on reading.
pub(crate) async fn next_page(conn: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar!("select next_page from rebuild")
        .fetch_one(conn)
        .await
}

/// Begins with an empty shadow. What is known as purged stays known: ticket does not tell of it,
/// and an old event that comes once more must not bring it back.
pub(crate) async fn begin(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!("select shadow_empty()")
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query!(
        "insert into shadow.tickets
             (id, project_id, status, priority, source, category_id, assigned_to, created_at,
              first_response_at, first_response_due_at, first_response_breached, resolved_at,
              resolution_due_at, resolution_breached, closed_at, reply_count, deleted_at, purged,
              sequence)
         select id, project_id, status, priority, source, category_id, assigned_to, created_at,
                first_response_at, first_response_due_at, first_response_breached, resolved_at,
                resolution_due_at, resolution_breached, closed_at, reply_count, deleted_at, purged,
                sequence
         from public.tickets where purged"
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update rebuild set (state, next_page, done, total, started_at, finished_at, error)
             = ('running', '', 0, 0, $1::timestamptz, null, null)",
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps states in the shadow; to be called by who has the turn.
async fn keep(conn: &mut PgConnection, heard: &[Heard<'_>]) -> sqlx::Result<()> {
    search(conn, "shadow, public").await?;
    keep::keep(conn, heard).await?;
    search(conn, "public").await
}

/// Keeps states where the reports are read, and in the shadow while one is filled.
pub(crate) async fn keep_in_all(conn: &mut PgConnection, heard: &[Heard<'_>]) -> sqlx::Result<()> {
    keep::keep(conn, heard).await?;
    if !heard.is_empty() && is_running(conn).await? {
        keep(conn, heard).await?;
    }
    Ok(())
}

/// Which tables are meant, until the end of the transaction.
async fn search(conn: &mut PgConnection, path: &str) -> sqlx::Result<()> {
    sqlx::query!("select set_config('search_path', $1, true)", path)
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Keeps a page and notes it, so that an interrupted rebuild goes on after it.
pub(crate) async fn add(conn: &mut PgConnection, page: &Page<'_>) -> sqlx::Result<()> {
    keep(conn, &page.states).await?;
    sqlx::query!(
        "update rebuild set next_page = coalesce($1, next_page), done = done + $2,
                            total = coalesce($3, total)",
        page.next,
        i64::try_from(page.states.len()).unwrap_or_default(),
        page.total,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Has the server look at what is in the shadow.
pub(crate) async fn analyze(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select shadow_analyze()")
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// From the commit on, the shadow is what every replica reads and writes.
pub(crate) async fn serve(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!("select shadow_serve()")
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query!(
        "update rebuild set (state, finished_at) = ('done', $1::timestamptz)",
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// It came to nothing; the next one begins anew.
pub(crate) async fn fail(
    conn: &mut PgConnection,
    error: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update rebuild set (state, finished_at, error) = ('failed', $2::timestamptz, $1)
         where state = 'running'",
        error,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
