//! The copies' SQL: one set-based statement a kind, the highest sequence winning.

use std::collections::HashMap;

use desk_bus::reconcile::Known;
use desk_events::{MembershipState, ProjectState, UserState};
use sqlx::{PgConnection, PgPool};

use crate::{MembershipRecord, ProjectRecord, UserRecord};

/// Of several states of one thing only the newest: a statement may touch a row once.
fn newest<K: std::hash::Hash + Eq, T>(
    records: &[T],
    key: impl Fn(&T) -> K,
    sequence: impl Fn(&T) -> i64,
) -> Vec<&T> {
    let mut newest: HashMap<K, &T> = HashMap::with_capacity(records.len());
    for record in records {
        newest
            .entry(key(record))
            .and_modify(|kept| {
                if sequence(record) > sequence(kept) {
                    *kept = record;
                }
            })
            .or_insert(record);
    }
    newest.into_values().collect()
}

/// Keeps users that are newer than what is there.
pub async fn keep_users(conn: &mut PgConnection, records: &[UserRecord]) -> sqlx::Result<()> {
    let records = newest(records, |record| record.user.id, |record| record.sequence);
    if records.is_empty() {
        return Ok(());
    }
    let column = |read: fn(&UserState) -> &str| -> Vec<String> {
        records
            .iter()
            .map(|record| read(&record.user).to_owned())
            .collect()
    };
    sqlx::query!(
        "INSERT INTO replica_users AS kept
             (id, name, email, role, is_active, email_verified_at, deleted, sequence)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[],
                              $6::timestamptz[], $7::boolean[], $8::bigint[])
         ON CONFLICT (id) DO UPDATE SET
             name = excluded.name, email = excluded.email, role = excluded.role,
             is_active = excluded.is_active, email_verified_at = excluded.email_verified_at,
             deleted = excluded.deleted, sequence = excluded.sequence
         WHERE kept.sequence < excluded.sequence",
        &records
            .iter()
            .map(|record| record.user.id)
            .collect::<Vec<_>>(),
        &column(|user| &user.name),
        &column(|user| &user.email),
        &column(|user| user.role.as_str()),
        &records
            .iter()
            .map(|record| record.user.is_active)
            .collect::<Vec<_>>(),
        &records
            .iter()
            .map(|record| record.user.email_verified_at)
            .collect::<Vec<_>>() as _,
        &records
            .iter()
            .map(|record| record.user.deleted)
            .collect::<Vec<_>>(),
        &records
            .iter()
            .map(|record| record.sequence)
            .collect::<Vec<_>>(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps projects that are newer than what is there.
pub async fn keep_projects(conn: &mut PgConnection, records: &[ProjectRecord]) -> sqlx::Result<()> {
    let records = newest(
        records,
        |record| record.project.id,
        |record| record.sequence,
    );
    if records.is_empty() {
        return Ok(());
    }
    let column = |read: fn(&ProjectState) -> &str| -> Vec<String> {
        records
            .iter()
            .map(|record| read(&record.project).to_owned())
            .collect()
    };
    sqlx::query!(
        "INSERT INTO replica_projects AS kept
             (id, name, slug, prefix, is_active, deleted, sequence)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[],
                              $6::boolean[], $7::bigint[])
         ON CONFLICT (id) DO UPDATE SET
             name = excluded.name, slug = excluded.slug, prefix = excluded.prefix,
             is_active = excluded.is_active, deleted = excluded.deleted,
             sequence = excluded.sequence
         WHERE kept.sequence < excluded.sequence",
        &records
            .iter()
            .map(|record| record.project.id)
            .collect::<Vec<_>>(),
        &column(|project| &project.name),
        &column(|project| &project.slug),
        &column(|project| &project.prefix),
        &records
            .iter()
            .map(|record| record.project.is_active)
            .collect::<Vec<_>>(),
        &records
            .iter()
            .map(|record| record.project.deleted)
            .collect::<Vec<_>>(),
        &records
            .iter()
            .map(|record| record.sequence)
            .collect::<Vec<_>>(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps memberships that are newer than what is there, and learns their ids.
pub async fn keep_memberships(
    conn: &mut PgConnection,
    records: &[MembershipRecord],
) -> sqlx::Result<()> {
    let place =
        |record: &MembershipRecord| (record.membership.project_id, record.membership.user_id);
    let records = newest(records, place, |record| record.sequence);
    if records.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO replica_memberships AS kept
             (project_id, user_id, is_lead, is_member, sequence, id)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::boolean[],
                              $5::bigint[], $6::bigint[])
         ON CONFLICT (project_id, user_id) DO UPDATE SET
             is_lead = CASE WHEN kept.sequence < excluded.sequence
                            THEN excluded.is_lead ELSE kept.is_lead END,
             is_member = CASE WHEN kept.sequence < excluded.sequence
                              THEN excluded.is_member ELSE kept.is_member END,
             sequence = greatest(kept.sequence, excluded.sequence),
             id = coalesce(kept.id, excluded.id)
         WHERE kept.sequence < excluded.sequence
            OR (kept.id IS NULL AND excluded.id IS NOT NULL)",
        &records
            .iter()
            .map(|record| record.membership.project_id)
            .collect::<Vec<_>>(),
        &records
            .iter()
            .map(|record| record.membership.user_id)
            .collect::<Vec<_>>(),
        &records
            .iter()
            .map(|record| record.membership.is_lead)
            .collect::<Vec<_>>(),
        &records
            .iter()
            .map(|record| record.membership.is_member)
            .collect::<Vec<_>>(),
        &records
            .iter()
            .map(|record| record.sequence)
            .collect::<Vec<_>>(),
        &records.iter().map(|record| record.id).collect::<Vec<_>>() as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How far the copies of users are.
pub async fn known_users(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        "SELECT id, sequence FROM replica_users WHERE id = ANY($1)",
        ids
    )
    .fetch_all(conn)
    .await
}

/// How far the copies of projects are.
pub async fn known_projects(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        "SELECT id, sequence FROM replica_projects WHERE id = ANY($1)",
        ids
    )
    .fetch_all(conn)
    .await
}

/// How far the copies of memberships are.
pub async fn known_memberships(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        r#"SELECT id AS "id!", sequence FROM replica_memberships WHERE id = ANY($1)"#,
        ids
    )
    .fetch_all(conn)
    .await
}

/// A user as copied.
pub async fn user(pool: &PgPool, id: i64) -> anyhow::Result<Option<UserState>> {
    let row = sqlx::query!(
        "SELECT id, name, email, role, is_active, email_verified_at, deleted
         FROM replica_users WHERE id = $1",
        id
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(UserState {
            id: row.id,
            name: row.name,
            email: row.email,
            role: row.role.parse()?,
            is_active: row.is_active,
            email_verified_at: row.email_verified_at,
            deleted: row.deleted,
        })
    })
    .transpose()
}

/// A project as copied.
pub async fn project(pool: &PgPool, id: i64) -> sqlx::Result<Option<ProjectState>> {
    sqlx::query_as!(
        ProjectState,
        "SELECT id, name, slug, prefix, is_active, deleted FROM replica_projects WHERE id = $1",
        id
    )
    .fetch_optional(pool)
    .await
}

/// A place in a project as copied, also one that was given up.
pub async fn membership(
    pool: &PgPool,
    project_id: i64,
    user_id: i64,
) -> sqlx::Result<Option<MembershipState>> {
    sqlx::query_as!(
        MembershipState,
        "SELECT project_id, user_id, is_lead, is_member FROM replica_memberships
         WHERE project_id = $1 AND user_id = $2",
        project_id,
        user_id
    )
    .fetch_optional(pool)
    .await
}

/// The copies of users whose ids are in a range, by id.
pub async fn users_between(
    conn: &mut PgConnection,
    after: i64,
    last: i64,
) -> anyhow::Result<Vec<UserRecord>> {
    let rows = sqlx::query!(
        "SELECT id, name, email, role, is_active, email_verified_at, deleted, sequence
         FROM replica_users WHERE id > $1 AND id <= $2 ORDER BY id",
        after,
        last,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(UserRecord {
                user: UserState {
                    id: row.id,
                    name: row.name,
                    email: row.email,
                    role: row.role.parse()?,
                    is_active: row.is_active,
                    email_verified_at: row.email_verified_at,
                    deleted: row.deleted,
                },
                sequence: row.sequence,
            })
        })
        .collect()
}

/// The copies of projects whose ids are in a range, by id.
pub async fn projects_between(
    conn: &mut PgConnection,
    after: i64,
    last: i64,
) -> sqlx::Result<Vec<ProjectRecord>> {
    let rows = sqlx::query!(
        "SELECT id, name, slug, prefix, is_active, deleted, sequence
         FROM replica_projects WHERE id > $1 AND id <= $2 ORDER BY id",
        after,
        last,
    )
    .fetch_all(conn)
    .await?;
    let records = rows.into_iter().map(|row| ProjectRecord {
        project: ProjectState {
            id: row.id,
            name: row.name,
            slug: row.slug,
            prefix: row.prefix,
            is_active: row.is_active,
            deleted: row.deleted,
        },
        sequence: row.sequence,
        members: Vec::new(),
    });
    Ok(records.collect())
}

/// Drops copies of users that are still as they were seen.
pub async fn forget_users(conn: &mut PgConnection, seen: &[Known]) -> sqlx::Result<()> {
    let (ids, sequences) = columns(seen);
    sqlx::query!(
        "DELETE FROM replica_users u USING unnest($1::bigint[], $2::bigint[]) AS s (id, sequence)
         WHERE u.id = s.id AND u.sequence = s.sequence",
        &ids,
        &sequences,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops copies of projects that are still as they were seen.
pub async fn forget_projects(conn: &mut PgConnection, seen: &[Known]) -> sqlx::Result<()> {
    let (ids, sequences) = columns(seen);
    sqlx::query!(
        "DELETE FROM replica_projects p USING unnest($1::bigint[], $2::bigint[]) AS s (id, sequence)
         WHERE p.id = s.id AND p.sequence = s.sequence",
        &ids,
        &sequences,
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn columns(seen: &[Known]) -> (Vec<i64>, Vec<i64>) {
    seen.iter().map(|seen| (seen.id, seen.sequence)).unzip()
}
