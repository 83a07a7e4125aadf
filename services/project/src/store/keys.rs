//! API keys: making, revoking, verifying them, and when they were last used.

use desk_events::Change;
use desk_http::{Timestamp, page::Slice};
use ipnetwork::IpNetwork;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    audit::{self, By, Target},
    say,
};
use crate::{
    domain::{
        allowed_ips::AllowedIp,
        key::{KeyPair, Standing},
        peppers::{Peppers, StoredSecret},
    },
    events::said,
};

/// What a new key is made of, beside its pair.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Label.
    pub name: String,
    /// From where it may be used; empty: from anywhere.
    pub allowed_ips: Vec<AllowedIp>,
    /// From when on it is dead.
    pub expires_at: Option<OffsetDateTime>,
}

/// A key without anything secret, as its events tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Id.
    pub id: i64,
    /// Its project.
    pub project_id: i64,
    /// Label.
    pub name: String,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// Of its last event.
    pub sequence: i64,
}

/// A key as an admin sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListedApiKey {
    /// Id.
    pub id: i64,
    /// Label.
    #[schema(example = "Production Key")]
    pub name: String,
    /// The public half.
    #[schema(example = "sk_Abc123xyzAbc123xyzAbc123xyzAbc12")]
    pub api_key: String,
    /// Addresses and networks it may be used from; empty: from anywhere.
    #[schema(value_type = Vec<String>)]
    pub allowed_ips: Vec<AllowedIp>,
    /// From when on it is dead.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, at most a minute late.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// All that verification needs to know of a key.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Id.
    pub id: i64,
    /// The secret's hash.
    pub secret: StoredSecret,
    /// From where it may be used.
    pub allowed_ips: Vec<AllowedIp>,
    /// Whether it may still be used.
    pub standing: Standing,
    /// The project's id.
    pub project_id: i64,
    /// The project's name.
    pub project_name: String,
    /// The project's slug.
    pub project_slug: String,
    /// The project's prefix.
    pub project_prefix: String,
}

/// Makes a key for a locked project; only the secret's hash is stored.
pub async fn create(
    conn: &mut PgConnection,
    project_id: i64,
    new: &NewKey,
    pair: &KeyPair,
    peppers: &Peppers,
    by: &By,
) -> sqlx::Result<ApiKey> {
    let stored = peppers.store(pair.api_secret.expose_secret());
    let allowed: Vec<IpNetwork> = new.allowed_ips.iter().map(|allowed| allowed.0).collect();
    let key = sqlx::query_as!(
        ApiKey,
        "insert into api_keys (project_id, name, api_key, secret_hash, pepper, allowed_ips,
                               expires_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6::cidr[], $7, $8, $8)
         returning id, project_id, name, revoked_at, updated_at, sequence",
        project_id,
        new.name,
        pair.api_key,
        stored.hash,
        stored.pepper,
        &allowed,
        new.expires_at,
        by.at,
    )
    .fetch_one(&mut *conn)
    .await?;
    say(conn, said::key(&key)).await?;
    let target = Target::ApiKey(key.id);
    let changes = vec![
        Change::of("name", Value::Null, key.name.as_str()),
        Change::of("project_id", Value::Null, project_id),
    ];
    audit::record(conn, by, "api_key.created", target, changes).await?;
    Ok(key)
}

/// Revokes a key of a locked project, once; false when the project has no such key.
pub async fn revoke(
    conn: &mut PgConnection,
    project_id: i64,
    id: i64,
    by: &By,
) -> sqlx::Result<bool> {
    let revoked = sqlx::query_as!(
        ApiKey,
        "update api_keys
         set revoked_at = $3, updated_at = greatest($3, updated_at + interval '1 microsecond'),
             sequence = sequence + 1
         where id = $1 and project_id = $2 and revoked_at is null
         returning id, project_id, name, revoked_at, updated_at, sequence",
        id,
        project_id,
        by.at,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(key) = revoked else {
        return exists(conn, project_id, id).await;
    };
    say(conn, said::key(&key)).await?;
    let changes = vec![Change::of("revoked", false, true)];
    audit::record(conn, by, "api_key.revoked", Target::ApiKey(id), changes).await?;
    Ok(true)
}

async fn exists(conn: &mut PgConnection, project_id: i64, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from api_keys where id = $1 and project_id = $2) as "exists!""#,
        id,
        project_id,
    )
    .fetch_one(conn)
    .await
}

/// A slice of a project's keys, newest first.
pub async fn list(
    pool: &PgPool,
    project_id: i64,
    slice: &Slice,
) -> sqlx::Result<Vec<ListedApiKey>> {
    let rows = sqlx::query!(
        r#"select id, name, api_key, allowed_ips as "allowed_ips: Vec<IpNetwork>",
                  expires_at as "expires_at: Timestamp", last_used_at as "last_used_at: Timestamp",
                  revoked_at as "revoked_at: Timestamp", created_at as "created_at: Timestamp"
           from api_keys
           where project_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3))
           order by created_at desc, id desc
           limit $4 offset $5"#,
        project_id,
        slice.before_at(),
        slice.before_id(),
        slice.limit,
        slice.offset,
    )
    .fetch_all(pool)
    .await?;
    let listed = rows.into_iter().map(|row| ListedApiKey {
        id: row.id,
        name: row.name,
        api_key: row.api_key,
        allowed_ips: row.allowed_ips.into_iter().map(AllowedIp).collect(),
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
        created_at: row.created_at,
    });
    Ok(listed.collect())
}

/// How many keys a project has.
pub async fn count(pool: &PgPool, project_id: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from api_keys where project_id = $1"#,
        project_id,
    )
    .fetch_one(pool)
    .await
}

/// What verification needs of the key with this public half.
pub async fn candidate(pool: &PgPool, api_key: &str) -> sqlx::Result<Option<Candidate>> {
    let row = sqlx::query!(
        r#"select k.id, k.secret_hash, k.pepper, k.allowed_ips as "allowed_ips: Vec<IpNetwork>",
                  k.revoked_at, k.expires_at, p.id as project_id, p.name, p.slug, p.prefix,
                  p.is_active and p.deleted_at is null as "project_is_open!"
           from api_keys k join projects p on p.id = k.project_id
           where k.api_key = $1"#,
        api_key,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Candidate {
        id: row.id,
        secret: StoredSecret {
            pepper: row.pepper,
            hash: row.secret_hash,
        },
        allowed_ips: row.allowed_ips.into_iter().map(AllowedIp).collect(),
        standing: Standing {
            revoked_at: row.revoked_at,
            expires_at: row.expires_at,
            project_is_open: row.project_is_open,
        },
        project_id: row.project_id,
        project_name: row.name,
        project_slug: row.slug,
        project_prefix: row.prefix,
    }))
}

/// Raises the time of last use, never lowers it; answers how many keys it raised.
pub async fn used(pool: &PgPool, ids: &[i64], times: &[OffsetDateTime]) -> sqlx::Result<u64> {
    let raised = sqlx::query!(
        "update api_keys k set last_used_at = u.at
         from (select id, max(at) as at from unnest($1::bigint[], $2::timestamptz[]) as u (id, at)
               group by id) u
         where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)",
        ids,
        times,
    )
    .execute(pool)
    .await?;
    Ok(raised.rows_affected())
}
