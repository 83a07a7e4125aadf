//! The queue as whoever sends sees it: claimed, then sent, dropped, put back or given up.

use sqlx::{PgPool, types::Json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::domain::{Detail, Kind};

/// A delivery that this process alone sends, until the lease is over.
#[derive(Debug)]
pub(crate) struct Claimed {
    /// Delivery id.
    pub(crate) id: i64,
    /// The event it tells of.
    pub(crate) event_id: Uuid,
    /// What it tells.
    pub(crate) kind: Kind,
    /// To a portal user, by id,
    pub(crate) user_id: Option<i64>,
    /// or to an address,
    pub(crate) email: Option<String>,
    /// whose name this is.
    pub(crate) name: Option<String>,
    /// Who did it.
    pub(crate) actor_id: Option<i64>,
    /// About this ticket; none about an account.
    pub(crate) ticket_id: Option<i64>,
    /// The ticket's project when it happened.
    pub(crate) project_id: Option<i64>,
    /// The beginning of a message.
    pub(crate) excerpt: Option<String>,
    /// What else it tells.
    pub(crate) detail: Option<Json<Detail>>,
    /// When it happened.
    pub(crate) occurred_at: OffsetDateTime,
    /// Not sent after this.
    pub(crate) expires_at: Option<OffsetDateTime>,
    /// Which attempt this is, from 1. It fences: whoever claimed before this has no say any more.
    pub(crate) attempts: i32,
    /// The trace of what it tells.
    pub(crate) traceparent: Option<String>,
}

/// Claims what is due, the longest waiting first. The attempt is counted and the lease noted before
/// anything is sent: whoever dies while sending costs an attempt, and the mail is due again when
/// the lease is over. What a newer release queued, and this one cannot read, is left to it.
pub(crate) async fn claim(
    db: &PgPool,
    now: OffsetDateTime,
    lease: Duration,
    limit: i64,
) -> sqlx::Result<Vec<Claimed>> {
    sqlx::query_as!(
        Claimed,
        r#"with due as (
               select id from deliveries
               where state = 'queued' and next_at <= $1 and kind = any($4)
               order by next_at, id limit $2 for update skip locked)
           update deliveries d
           set attempts = d.attempts + 1, next_at = $3
           from due where d.id = due.id
           returning d.id, d.event_id, d.kind as "kind: Kind", d.user_id, d.email, d.name,
                     d.actor_id, d.ticket_id, d.project_id, d.excerpt,
                     d.detail as "detail: Json<Detail>", d.occurred_at, d.expires_at,
                     d.attempts, d.traceparent"#,
        now,
        limit,
        now + lease,
        &Kind::ALL.map(Kind::as_str) as &[&str],
    )
    .fetch_all(db)
    .await
}

/// When something is due next.
pub(crate) async fn next_due(db: &PgPool) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!("select min(next_at) from deliveries where state = 'queued'")
        .fetch_one(db)
        .await
}

/// Notes to which address it goes; false when a mail of the same event went there already, or
/// goes there now.
pub(crate) async fn address(db: &PgPool, mail: &Claimed, digest: &[u8]) -> sqlx::Result<bool> {
    let noted = sqlx::query!(
        "update deliveries set addressed_to = $3 where id = $1 and attempts = $2",
        mail.id,
        mail.attempts,
        digest,
    )
    .execute(db)
    .await;
    match noted {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Sent.
    Sent,
    /// Nobody is to be told.
    Dropped(&'static str),
    /// Given up.
    Dead(String),
    /// To be tried again.
    Again(OffsetDateTime, String),
}

impl End {
    /// The word that is stored.
    pub(crate) const fn state(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Dropped(_) => "dropped",
            Self::Dead(_) => "dead",
            Self::Again(..) => "queued",
        }
    }

    fn error(&self) -> Option<&str> {
        match self {
            Self::Sent => None,
            Self::Dropped(why) => Some(why),
            Self::Dead(why) | Self::Again(_, why) => Some(why),
        }
    }
}

/// Notes how an attempt ended; changes nothing when somebody else has claimed the delivery since.
/// What was told goes as soon as nobody is to be told any more. A dead letter keeps it, to be
/// replayed; an account's does not.
pub(crate) async fn settle(
    db: &PgPool,
    mail: &Claimed,
    end: &End,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let again = match end {
        End::Again(at, _) => Some(*at),
        _ => None,
    };
    let account = mail.kind.is_account();
    let over = again.is_none();
    let forget = over && (account || !matches!(end, End::Dead(_)));
    sqlx::query!(
        "update deliveries
         set state = $3, error = $4, next_at = coalesce($5, next_at),
             ended_at = case when $6 then $7::timestamptz end,
             excerpt = case when $8 then null else excerpt end,
             detail = case when $8 then null else detail end,
             email = case when $9 then '' else email end,
             name = case when $9 then null else name end
         where id = $1 and attempts = $2 and state = 'queued'",
        mail.id,
        mail.attempts,
        end.state(),
        end.error(),
        again,
        over,
        now,
        forget,
        over && account,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Drops account mails whose time is over, with all they told, and deletes what ended before `old`.
pub(crate) async fn sweep(
    db: &PgPool,
    now: OffsetDateTime,
    old: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update deliveries
         set state = 'dropped', error = 'expired', ended_at = $1, detail = null, email = '',
             name = null
         where state = 'queued' and expires_at <= $1 and next_at <= $1",
        now,
    )
    .execute(db)
    .await?;
    sqlx::query!("delete from deliveries where ended_at < $1", old)
        .execute(db)
        .await?;
    Ok(())
}

/// How many wait to be sent, and how many were given up.
pub(crate) async fn backlog(db: &PgPool) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select count(*) filter (where state = 'queued') as "queued!",
                  count(*) filter (where state = 'dead') as "dead!"
           from deliveries where state in ('queued', 'dead')"#
    )
    .fetch_one(db)
    .await?;
    Ok((row.queued, row.dead))
}
