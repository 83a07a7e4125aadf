//! Projects: making, changing, deleting and listing them.

use std::collections::HashSet;

use desk_events::Change;
use desk_http::{Timestamp, page::Slice};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    audit::{self, By, Target},
    say,
};
use crate::{
    domain::{
        project::{Changes, Project},
        words,
    },
    events::said,
};

/// Any number: the lock under which slugs and prefixes are given.
const WORDS_LOCK: i64 = 0x776f_7264;

/// What a new project is made of.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// Display name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Where its customers write to.
    pub support_email: Option<String>,
    /// Its website.
    pub website_url: Option<String>,
    /// IANA name.
    pub timezone: String,
    /// Free-form JSON.
    pub settings: Map<String, Value>,
    /// False: disabled from the start.
    pub is_active: bool,
}

/// A row of the admins' list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListedProject {
    /// Id.
    pub id: i64,
    /// Display name.
    #[schema(example = "NaijaHomes")]
    pub name: String,
    /// URL word, for good.
    #[schema(example = "naijahomes")]
    pub slug: String,
    /// Ticket number prefix, for good.
    #[schema(example = "NAIJ")]
    pub prefix: String,
    /// What it is.
    pub description: Option<String>,
    /// False while disabled.
    pub is_active: bool,
    /// Tickets that are not deleted.
    pub tickets_count: i64,
    /// Active agents.
    pub agents_count: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A project as those see it who file tickets to it.
#[derive(Debug, Clone)]
pub struct OpenProject {
    /// Id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// URL word.
    pub slug: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// Which projects an admin's list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In name or slug, in lower case.
    pub search: Option<String>,
    /// Enabled or disabled ones only.
    pub active: Option<bool>,
}

/// Makes a project with a slug and a prefix that no project ever had.
pub async fn create(conn: &mut PgConnection, new: NewProject, by: &By) -> sqlx::Result<Project> {
    // Whoever makes a project at the same time waits here, then sees the words given before.
    sqlx::query!("select pg_advisory_xact_lock($1)", WORDS_LOCK)
        .execute(&mut *conn)
        .await?;
    let slug = words::slug(&new.name);
    let slug = words::free_slug(&slug, &taken_slugs(conn, &slug).await?);
    let prefix = words::prefix(&new.name);
    let prefix = words::free_prefix(&prefix, &taken_prefixes(conn, &prefix).await?);
    let project = insert(conn, new, &slug, &prefix, by.at).await?;
    say(conn, said::project_created(&project)).await?;
    let target = Target::Project(project.id);
    let changes = vec![
        Change::of("name", Value::Null, project.name.as_str()),
        Change::of("slug", Value::Null, project.slug.as_str()),
    ];
    audit::record(conn, by, "project.created", target, changes).await?;
    Ok(project)
}

async fn taken_slugs(conn: &mut PgConnection, wanted: &str) -> sqlx::Result<HashSet<String>> {
    let taken = sqlx::query_scalar!(
        "select slug from projects where starts_with(slug, $1)",
        wanted
    );
    Ok(taken.fetch_all(conn).await?.into_iter().collect())
}

async fn taken_prefixes(conn: &mut PgConnection, wanted: &str) -> sqlx::Result<HashSet<String>> {
    let taken = sqlx::query_scalar!(
        "select prefix from projects where starts_with(prefix, $1)",
        wanted
    );
    Ok(taken.fetch_all(conn).await?.into_iter().collect())
}

async fn insert(
    conn: &mut PgConnection,
    new: NewProject,
    slug: &str,
    prefix: &str,
    at: OffsetDateTime,
) -> sqlx::Result<Project> {
    sqlx::query_as!(
        Project,
        "insert into projects (name, name_folded, slug, prefix, description, support_email,
                               website_url, timezone, settings, is_active, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
         returning id, name, slug, prefix, description, support_email, website_url, timezone,
                   settings, is_active, created_at, updated_at, deleted_at, sequence",
        new.name,
        new.name.to_lowercase(),
        slug,
        prefix,
        new.description,
        new.support_email,
        new.website_url,
        new.timezone,
        Value::Object(new.settings),
        new.is_active,
        at,
    )
    .fetch_one(conn)
    .await
}

/// Locks a project against other changes of it, its agents and its keys; none that is deleted.
pub async fn lock(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<Project>> {
    sqlx::query_as!(
        Project,
        "select id, name, slug, prefix, description, support_email, website_url, timezone,
                settings, is_active, created_at, updated_at, deleted_at, sequence
         from projects where id = $1 and deleted_at is null
         for no key update",
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Changes a locked project; nothing is written when nothing differs.
pub async fn update(
    conn: &mut PgConnection,
    mut project: Project,
    changes: Changes,
    by: &By,
) -> sqlx::Result<Project> {
    let changed = changes.apply(&mut project);
    if changed.is_empty() {
        return Ok(project);
    }
    write(conn, &mut project, by.at).await?;
    say(conn, said::project_updated(&project)).await?;
    let target = Target::Project(project.id);
    audit::record(conn, by, "project.updated", target, changed).await?;
    Ok(project)
}

/// Soft-deletes a locked project. Slug and prefix stay taken; its keys die with it.
pub async fn delete(conn: &mut PgConnection, mut project: Project, by: &By) -> sqlx::Result<()> {
    project.deleted_at = Some(by.at);
    write(conn, &mut project, by.at).await?;
    say(conn, said::project_deleted(&project)).await?;
    let target = Target::Project(project.id);
    let changes = vec![
        Change::of("name", project.name, Value::Null),
        Change::of("slug", project.slug, Value::Null),
    ];
    audit::record(conn, by, "project.deleted", target, changes).await?;
    Ok(())
}

async fn write(
    conn: &mut PgConnection,
    project: &mut Project,
    at: OffsetDateTime,
) -> sqlx::Result<()> {
    let row = sqlx::query!(
        "update projects
         set name = $2, name_folded = $3, description = $4, support_email = $5, website_url = $6,
             timezone = $7, settings = $8, is_active = $9, deleted_at = $10,
             updated_at = greatest($11, updated_at + interval '1 microsecond'),
             sequence = sequence + 1
         where id = $1
         returning updated_at, sequence",
        project.id,
        project.name,
        project.name.to_lowercase(),
        project.description,
        project.support_email,
        project.website_url,
        project.timezone,
        project.settings,
        project.is_active,
        project.deleted_at,
        at,
    )
    .fetch_one(conn)
    .await?;
    project.updated_at = row.updated_at;
    project.sequence = row.sequence;
    Ok(())
}

/// A project, also a deleted one.
pub async fn find_ever(pool: &PgPool, id: i64) -> sqlx::Result<Option<Project>> {
    sqlx::query_as!(
        Project,
        "select id, name, slug, prefix, description, support_email, website_url, timezone,
                settings, is_active, created_at, updated_at, deleted_at, sequence
         from projects where id = $1",
        id,
    )
    .fetch_optional(pool)
    .await
}

/// The projects with higher ids, so many at most, by id; the deleted ones, too.
pub async fn after(pool: &PgPool, id: i64, limit: i64) -> sqlx::Result<Vec<Project>> {
    sqlx::query_as!(
        Project,
        "select id, name, slug, prefix, description, support_email, website_url, timezone,
                settings, is_active, created_at, updated_at, deleted_at, sequence
         from projects where id > $1 order by id limit $2",
        id,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// A project that is not deleted.
pub async fn find(pool: &PgPool, id: i64) -> sqlx::Result<Option<Project>> {
    Ok(find_ever(pool, id)
        .await?
        .filter(|project| project.deleted_at.is_none()))
}

/// Whether there is such a project, and the agent (if one is given) belongs to it.
pub async fn exists(pool: &PgPool, id: i64, agent: Option<i64>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from projects
               where id = $1 and deleted_at is null
                 and ($2::bigint is null or exists (
                     select from memberships
                     where project_id = $1 and user_id = $2 and is_member))) as "exists!""#,
        id,
        agent,
    )
    .fetch_one(pool)
    .await
}

/// A slice of the admins' list.
pub async fn list(
    pool: &PgPool,
    filter: &Filter,
    slice: &Slice,
) -> sqlx::Result<Vec<ListedProject>> {
    sqlx::query_as!(
        ListedProject,
        r#"with page as (
               select id from projects
               where deleted_at is null
                 and ($1::boolean is null or is_active = $1)
                 and ($2::text is null or strpos(name_folded, $2) > 0 or strpos(slug, $2) > 0)
                 and ($3::timestamptz is null or (created_at, id) < ($3, $4))
               order by created_at desc, id desc
               limit $5 offset $6),
           agents as (
               select m.project_id, count(*) as number
               from memberships m join replica_users u on u.id = m.user_id
               where m.project_id in (select id from page) and m.is_member
                 and u.is_active and not u.deleted and u.role <> 'customer'
               group by m.project_id)
           select p.id, p.name, p.slug, p.prefix, p.description, p.is_active,
                  coalesce(c.tickets, 0) as "tickets_count!",
                  coalesce(a.number, 0) as "agents_count!",
                  p.created_at as "created_at: Timestamp"
           from page join projects p using (id)
                left join project_ticket_counts c on c.project_id = p.id
                left join agents a on a.project_id = p.id
           order by p.created_at desc, p.id desc"#,
        filter.active,
        filter.search,
        slice.before_at(),
        slice.before_id(),
        slice.limit,
        slice.offset,
    )
    .fetch_all(pool)
    .await
}

/// How long the admins' list is, counted up to `most` where that is given.
pub async fn count(pool: &PgPool, filter: &Filter, most: Option<i64>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from projects
               where deleted_at is null
                 and ($1::boolean is null or is_active = $1)
                 and ($2::text is null or strpos(name_folded, $2) > 0 or strpos(slug, $2) > 0)
               limit $3) found"#,
        filter.active,
        filter.search,
        most,
    )
    .fetch_one(pool)
    .await
}

/// A slice of the active projects: all, or those of one agent.
pub async fn open(
    pool: &PgPool,
    agent: Option<i64>,
    slice: &Slice,
) -> sqlx::Result<Vec<OpenProject>> {
    sqlx::query_as!(
        OpenProject,
        "select id, name, slug, created_at from projects p
         where deleted_at is null and is_active
           and ($1::bigint is null or exists (
               select from memberships m
               where m.user_id = $1 and m.project_id = p.id and m.is_member))
           and ($2::timestamptz is null or (created_at, id) < ($2, $3))
         order by created_at desc, id desc
         limit $4 offset $5",
        agent,
        slice.before_at(),
        slice.before_id(),
        slice.limit,
        slice.offset,
    )
    .fetch_all(pool)
    .await
}

/// How many active projects there are: all, or those of one agent.
pub async fn count_open(pool: &PgPool, agent: Option<i64>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from projects p
           where deleted_at is null and is_active
             and ($1::bigint is null or exists (
                 select from memberships m
                 where m.user_id = $1 and m.project_id = p.id and m.is_member))"#,
        agent,
    )
    .fetch_one(pool)
    .await
}
