//! Mails about accounts that are asked for, and the one-time tokens that went out in them.

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::domain::{OneTimeToken, Purpose, next_try};

/// How long mails count against an account's limit.
const LIMIT_WINDOW: Duration = Duration::HOUR;

/// A mail to be handed over.
#[derive(Debug)]
pub struct Mail {
    /// Id; the notifier takes each once.
    pub id: Uuid,
    kind: String,
    /// Whom it is for, lower case.
    pub email: String,
    /// When it was asked for.
    pub requested_at: OffsetDateTime,
    attempts: i32,
}

impl Mail {
    /// What it is for.
    pub fn purpose(&self) -> Option<Purpose> {
        Purpose::from_word(&self.kind)
    }
}

/// Whom a token was made for.
#[derive(Debug)]
pub struct Addressee {
    /// The account.
    pub user_id: i64,
    /// Its display name.
    pub name: String,
    /// Its e-mail, lower case.
    pub email: String,
}

/// Asks for a mail to an address, which may have no account.
pub async fn request(
    conn: &mut PgConnection,
    purpose: Purpose,
    email: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into account_mails (id, kind, email, requested_at, due_at)
         values ($1, $2, $3, $4, $4)",
        Uuid::now_v7(),
        purpose.as_str(),
        email,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes mails that are due. Each comes again later unless it is [`done`] by then.
pub async fn claim(db: &PgPool, most: i64, now: OffsetDateTime) -> sqlx::Result<Vec<Mail>> {
    let mut tx = db.begin().await?;
    let mails = sqlx::query_as!(
        Mail,
        "select id, kind, email, requested_at, attempts from account_mails
         where due_at <= $1 order by due_at limit $2 for update skip locked",
        now,
        most,
    )
    .fetch_all(&mut *tx)
    .await?;
    let (ids, due): (Vec<Uuid>, Vec<OffsetDateTime>) = mails
        .iter()
        .map(|mail| (mail.id, next_try(mail.attempts, now)))
        .unzip();
    sqlx::query!(
        "update account_mails as mail set attempts = attempts + 1, due_at = next.due_at
         from unnest($1::uuid[], $2::timestamptz[]) as next (id, due_at)
         where mail.id = next.id",
        &ids,
        &due,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(mails)
}

/// Forgets a mail that was handed over, or never will be.
pub async fn done(db: impl PgExecutor<'_>, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from account_mails where id = $1", id)
        .execute(db)
        .await?;
    Ok(())
}

/// Keeps a token for the account that a mail is for. `None` when there is no such account, it is
/// disabled, has nothing to verify, or got so many other mails within the hour.
pub async fn issue(
    db: &PgPool,
    mail: &Mail,
    purpose: Purpose,
    token: &OneTimeToken,
    most: i64,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Addressee>> {
    let mut tx = db.begin().await?;
    let account = sqlx::query_as!(
        Addressee,
        "select id as user_id, name, email from users
         where lower(email) = lower($1) and deleted_at is null and is_active
           and ($2 or email_verified_at is null)
         for update",
        mail.email,
        purpose == Purpose::Reset,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(account) = account else {
        return Ok(None);
    };
    let issued = sqlx::query!(
        "insert into account_tokens
             (digest, mail_id, user_id, kind, email, created_at, expires_at)
         select $1, $2, $3, $4, $5, $6, $7
         where (select count(distinct mail_id) from account_tokens
                where user_id = $3 and created_at > $8 and mail_id <> $2) < $9",
        &token.digest(),
        mail.id,
        account.user_id,
        purpose.as_str(),
        account.email,
        now,
        now + purpose.lifetime(),
        now - LIMIT_WINDOW,
        most,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok((issued.rows_affected() == 1).then_some(account))
}

/// The account of a token that is still good, but for its address.
pub async fn holder(
    db: &PgPool,
    purpose: Purpose,
    token: &OneTimeToken,
    now: OffsetDateTime,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select user_id from account_tokens
         where digest = $1 and kind = $2 and used_at is null and expires_at > $3",
        &token.digest(),
        purpose.as_str(),
        now,
    )
    .fetch_optional(db)
    .await
}

/// Spends a token of an account whose row is locked; whether it was good. Of two at once one is.
pub async fn spend(
    conn: &mut PgConnection,
    purpose: Purpose,
    token: &OneTimeToken,
    account: (i64, &str),
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let spent = sqlx::query!(
        "update account_tokens set used_at = $5
         where digest = $1 and kind = $2 and user_id = $3 and email = $4 and used_at is null
           and expires_at > $5",
        &token.digest(),
        purpose.as_str(),
        account.0,
        account.1,
        now,
    )
    .execute(conn)
    .await?;
    Ok(spent.rows_affected() == 1)
}

/// Voids what tokens an account has left.
pub async fn void(conn: &mut PgConnection, user_id: i64, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update account_tokens set used_at = $2 where user_id = $1 and used_at is null",
        user_id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets tokens that are over and count no more.
pub async fn sweep(db: impl PgExecutor<'_>, now: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = sqlx::query!(
        "delete from account_tokens where expires_at <= $1 and created_at <= $2",
        now,
        now - LIMIT_WINDOW,
    )
    .execute(db)
    .await?;
    Ok(gone.rows_affected())
}
