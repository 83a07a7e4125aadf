//! Failed logins, registrations and forgotten passwords, counted in the database so that neither a restart nor
//! another replica forgets them.

use std::net::IpAddr;

use desk_http::edge::limit_unit;
use sqlx::{PgConnection, PgExecutor, types::ipnetwork::IpNetwork};
use time::{Duration, OffsetDateTime};

use crate::{domain::Account, settings::Limits};

/// The window of failed logins.
const LOGIN_WINDOW: Duration = Duration::minutes(15);
/// The window of what is limited by the hour, the longest there is.
const HOURLY_WINDOW: Duration = Duration::HOUR;
/// How long an address that an account signed in from is remembered.
const KNOWN_FOR: Duration = Duration::days(180);

/// Where somebody tries to get in, as limits count it.
#[derive(Debug, Clone, Copy)]
pub struct Place(IpNetwork);

impl From<IpAddr> for Place {
    fn from(address: IpAddr) -> Self {
        Self(limit_unit(address).into())
    }
}

/// What an address may do so often in an hour.
#[derive(Debug, Clone, Copy)]
pub enum Hourly {
    /// Making accounts.
    Register,
    /// Asking for a link to reset a password.
    Forgot,
}

impl Hourly {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Forgot => "forgot",
        }
    }

    const fn most(self, limits: &Limits) -> i64 {
        match self {
            Self::Register => limits.registrations_per_hour,
            Self::Forgot => limits.forgotten_passwords_per_hour,
        }
    }
}

/// A login under way.
#[derive(Debug, Clone, Copy)]
pub struct Login {
    /// From where.
    pub place: Place,
    /// The account tried, whether or not it exists.
    pub account: Account,
    /// Its id, if it exists.
    pub user_id: Option<i64>,
}

/// Until when a login is refused, if any limit is reached: a limit of n is, while the n-th last
/// failure is in the window.
pub async fn login_refused_until(
    db: impl PgExecutor<'_>,
    login: &Login,
    limits: &Limits,
    now: OffsetDateTime,
) -> sqlx::Result<Option<OffsetDateTime>> {
    let nth = sqlx::query!(
        r#"select
               (select at from attempts
                where account = $1 and address = $2 and kind = 'login' and at > $3
                order by at desc offset $4 limit 1) as pair,
               (select at from attempts
                where address = $2 and kind = 'login' and at > $3
                order by at desc offset $5 limit 1) as address,
               (select at from attempts
                where account = $1 and kind = 'login' and at > $3
                  and not exists (select from login_addresses as known
                                  where known.user_id = $7 and known.address = $2)
                order by at desc offset $6 limit 1) as account"#,
        login.account.as_bytes(),
        login.place.0,
        now - LOGIN_WINDOW,
        limits.login_failures_per_account_and_address - 1,
        limits.login_failures_per_address - 1,
        limits.login_failures_per_account - 1,
        login.user_id,
    )
    .fetch_one(db)
    .await?;
    let last = [nth.pair, nth.address, nth.account]
        .into_iter()
        .flatten()
        .max();
    Ok(last.map(|at| at + LOGIN_WINDOW))
}

/// Notes a failed login, unless a limit was reached meanwhile: then until when it is refused. One
/// at a time for each address and account, so that not one more than the limit is told "wrong".
pub async fn fail_login(
    conn: &mut PgConnection,
    login: &Login,
    limits: &Limits,
    now: OffsetDateTime,
) -> sqlx::Result<Option<OffsetDateTime>> {
    lock(conn, &login.place.0.to_string()).await?;
    lock(conn, &format!("{:?}", login.account)).await?;
    let refused = login_refused_until(&mut *conn, login, limits, now).await?;
    if refused.is_none() {
        sqlx::query!(
            "insert into attempts (kind, address, account, at) values ('login', $1, $2, $3)",
            login.place.0,
            login.account.as_bytes(),
            now,
        )
        .execute(conn)
        .await?;
    }
    Ok(refused)
}

/// Takes one from the hour's; or until when there is none left.
pub async fn take(
    conn: &mut PgConnection,
    what: Hourly,
    place: Place,
    limits: &Limits,
    now: OffsetDateTime,
) -> sqlx::Result<Option<OffsetDateTime>> {
    lock(conn, &place.0.to_string()).await?;
    let nth = sqlx::query_scalar!(
        "select at from attempts where address = $1 and kind = $2 and at > $3
         order by at desc offset $4 limit 1",
        place.0,
        what.as_str(),
        now - HOURLY_WINDOW,
        what.most(limits) - 1,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if nth.is_none() {
        sqlx::query!(
            "insert into attempts (kind, address, at) values ($1, $2, $3)",
            what.as_str(),
            place.0,
            now,
        )
        .execute(conn)
        .await?;
    }
    Ok(nth.map(|at| at + HOURLY_WINDOW))
}

/// Remembers that an account signed in from an address; written once a day at most.
pub async fn remember(
    conn: &mut PgConnection,
    user_id: i64,
    place: Place,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into login_addresses as known (user_id, address, last_used_at) values ($1, $2, $3)
         on conflict (user_id, address) do update set last_used_at = excluded.last_used_at
         where known.last_used_at < $4",
        user_id,
        place.0,
        now,
        now - Duration::DAY,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what no limit counts any more.
pub async fn sweep(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<u64> {
    let attempts = sqlx::query!("delete from attempts where at <= $1", now - HOURLY_WINDOW)
        .execute(&mut *conn)
        .await?;
    let addresses = sqlx::query!(
        "delete from login_addresses where last_used_at <= $1",
        now - KNOWN_FOR
    )
    .execute(conn)
    .await?;
    Ok(attempts.rows_affected() + addresses.rows_affected())
}

async fn lock(conn: &mut PgConnection, what: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('attempt:' || $1, 0))",
        what
    )
    .execute(conn)
    .await?;
    Ok(())
}
