//! Accounts.

use desk_bus::reconcile::Known;
use desk_events::{ERASED_DOMAIN, Role};
use desk_http::{Error, Result};
use sqlx::{PgConnection, PgPool, prelude::FromRow};
use time::OffsetDateTime;

use super::word::Word;
use crate::domain::User;

/// Serialises whatever could take the last super admin away, or make the first one.
const SUPER_ADMINS: i64 = 0x5355_5045_5241_444d;

/// A row, as every query of this module selects it.
#[derive(Debug, FromRow)]
pub(super) struct Row {
    id: i64,
    name: String,
    email: String,
    role: Word<Role>,
    phone: Option<String>,
    department: Option<String>,
    is_active: bool,
    email_verified_at: Option<OffsetDateTime>,
    last_login_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    deleted_at: Option<OffsetDateTime>,
    generation: i64,
    sequence: i64,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            email: row.email,
            role: row.role.0,
            phone: row.phone,
            department: row.department,
            is_active: row.is_active,
            email_verified_at: row.email_verified_at,
            last_login_at: row.last_login_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
            generation: row.generation,
            sequence: row.sequence,
        }
    }
}

/// An account to be made.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// Display name.
    pub name: &'a str,
    /// E-mail, lower case.
    pub email: &'a str,
    /// The password's hash.
    pub password_hash: &'a str,
    /// Role.
    pub role: Role,
    /// Phone number.
    pub phone: Option<&'a str>,
    /// Department label.
    pub department: Option<&'a str>,
    /// When the e-mail was proved.
    pub email_verified_at: Option<OffsetDateTime>,
}

/// What a login is checked against. Not printable: it holds the hash.
pub struct Credentials {
    /// The account.
    pub user_id: i64,
    /// Its display name.
    pub name: String,
    /// Its e-mail, lower case.
    pub email: String,
    /// The password's hash; none: no password opens the account.
    pub password_hash: Option<String>,
    /// False while disabled.
    pub is_active: bool,
}

/// The account of an address, as a login needs it.
pub async fn credentials(db: &PgPool, email: &str) -> Result<Option<Credentials>> {
    let found = sqlx::query_as!(
        Credentials,
        "select id as user_id, name, email, password_hash, is_active from users
         where lower(email) = lower($1) and deleted_at is null",
        email,
    )
    .fetch_optional(db)
    .await?;
    Ok(found)
}

/// An account that is not deleted.
pub async fn find(db: &PgPool, id: i64) -> Result<Option<User>> {
    Ok(with_deleted(db, id)
        .await?
        .filter(|user| user.deleted_at.is_none()))
}

/// An account, deleted or not.
pub async fn with_deleted(db: &PgPool, id: i64) -> Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, email, role as "role: Word<Role>", phone, department, is_active,
                  email_verified_at, last_login_at, created_at, updated_at, deleted_at, generation,
                  sequence
           from users where id = $1"#,
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(User::from))
}

/// The accounts with higher ids, so many at most, by id; the deleted ones, too.
pub async fn after(db: &PgPool, id: i64, limit: i64) -> Result<Vec<User>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, email, role as "role: Word<Role>", phone, department, is_active,
                  email_verified_at, last_login_at, created_at, updated_at, deleted_at, generation,
                  sequence
           from users where id > $1 order by id limit $2"#,
        id,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// Locks an account that is not deleted.
pub async fn lock(conn: &mut PgConnection, id: i64) -> Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, email, role as "role: Word<Role>", phone, department, is_active,
                  email_verified_at, last_login_at, created_at, updated_at, deleted_at, generation,
                  sequence
           from users where id = $1 and deleted_at is null for update"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(User::from))
}

/// Locks an account, deleted or not.
pub async fn lock_with_deleted(conn: &mut PgConnection, id: i64) -> Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, email, role as "role: Word<Role>", phone, department, is_active,
                  email_verified_at, last_login_at, created_at, updated_at, deleted_at, generation,
                  sequence
           from users where id = $1 for update"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(User::from))
}

/// Makes an account; 422 on `email` when the address has one already.
pub async fn insert(
    conn: &mut PgConnection,
    new: &NewUser<'_>,
    now: OffsetDateTime,
) -> Result<User> {
    let row = sqlx::query_as!(
        Row,
        r#"insert into users (name, email, password_hash, role, phone, department,
                              email_verified_at, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
           returning id, name, email, role as "role: Word<Role>", phone, department, is_active,
                     email_verified_at, last_login_at, created_at, updated_at, deleted_at,
                     generation, sequence"#,
        new.name,
        new.email,
        new.password_hash,
        new.role.as_str(),
        new.phone,
        new.department,
        new.email_verified_at,
        now,
    )
    .fetch_one(conn)
    .await
    .map_err(taken)?;
    Ok(row.into())
}

/// Stores a locked account whole; 422 on `email` when another account has the address.
pub async fn save(conn: &mut PgConnection, user: &User) -> Result<()> {
    sqlx::query!(
        "update users
         set name = $2, email = $3, role = $4, phone = $5, department = $6, is_active = $7,
             email_verified_at = $8, updated_at = $9, deleted_at = $10, generation = $11,
             sequence = $12
         where id = $1",
        user.id,
        user.name,
        user.email,
        user.role.as_str(),
        user.phone,
        user.department,
        user.is_active,
        user.email_verified_at,
        user.updated_at,
        user.deleted_at,
        user.generation,
        user.sequence,
    )
    .execute(conn)
    .await
    .map_err(taken)?;
    Ok(())
}

/// Stores a new password.
pub async fn set_password(conn: &mut PgConnection, id: i64, hash: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update users set password_hash = $2 where id = $1",
        id,
        hash
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes passwordless customers of requesters heard of for the first time whose address has no
/// account, and answers those made. Of the same address twice one counts; an existing account is
/// never changed.
pub async fn insert_customers(
    conn: &mut PgConnection,
    customers: &Customers,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<User>> {
    // In the order of addresses, so that two batches with the same ones wait instead of locking
    // each other up.
    let rows = sqlx::query_as!(
        Row,
        r#"with news as (
               insert into heard_requesters (id) select distinct id from unnest($1::bigint[]) as id
               on conflict do nothing
               returning id)
           insert into users (name, email, phone, role, created_at, updated_at)
           select new.name, new.email, new.phone, 'customer', $5, $5
           from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
                as new (id, name, email, phone)
           join news on news.id = new.id
           where $6 <> split_part(new.email, '@', 2)
           order by new.email
           on conflict (lower(email)) where deleted_at is null do nothing
           returning id, name, email, role as "role: Word<Role>", phone, department, is_active,
                     email_verified_at, last_login_at, created_at, updated_at, deleted_at,
                     generation, sequence"#,
        &customers.requesters,
        &customers.names,
        &customers.emails,
        &customers.phones as &[Option<String>],
        now,
        // A requester that was erased before it was heard of.
        ERASED_DOMAIN,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// Which of these requesters were heard of; each is told of by one event.
pub async fn heard_requesters(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        r#"select id, 1::bigint as "sequence!" from heard_requesters where id = any($1)"#,
        ids,
    )
    .fetch_all(conn)
    .await
}

/// Customers to be made, a column each.
#[derive(Debug, Default)]
pub struct Customers {
    /// Requester ids.
    pub requesters: Vec<i64>,
    /// Display names.
    pub names: Vec<String>,
    /// E-mails, lower case.
    pub emails: Vec<String>,
    /// Phone numbers.
    pub phones: Vec<Option<String>>,
}

/// Lets one transaction at a time decide about super admins.
pub async fn lock_super_admins(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock($1)", SUPER_ADMINS)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether there is a super admin at all, disabled or not.
pub async fn has_super_admin(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from users where role = 'super_admin' and deleted_at is null)
           as "exists!""#
    )
    .fetch_one(conn)
    .await
}

/// Whether another active super admin would remain without this one.
pub async fn has_other_super_admin(conn: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from users
                          where role = 'super_admin' and is_active and deleted_at is null
                            and id <> $1) as "exists!""#,
        id,
    )
    .fetch_one(conn)
    .await
}

fn taken(error: sqlx::Error) -> Error {
    let constraint = error
        .as_database_error()
        .and_then(|error| error.constraint());
    if constraint == Some("users_email") {
        return Error::field("email", "The e-mail address is already taken.");
    }
    error.into()
}
