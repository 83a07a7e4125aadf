//! Questions to the copies of users, projects and memberships.

use sqlx::PgConnection;

/// A user's id and name.
#[derive(Debug, Clone)]
pub struct Named {
    /// User id.
    pub id: i64,
    /// Name.
    pub name: String,
}

/// These users, in the order of the ids; ids of none are left out.
pub async fn named(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Named>> {
    sqlx::query_as!(
        Named,
        "select u.id, u.name
         from unnest($1::bigint[]) with ordinality as wanted (id, place)
         join replica_users u on u.id = wanted.id and not u.deleted
         order by wanted.place",
        ids,
    )
    .fetch_all(conn)
    .await
}

/// The projects that an agent is assigned to.
pub async fn projects_of(conn: &mut PgConnection, user_id: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select m.project_id
         from replica_memberships m
         join replica_projects p on p.id = m.project_id and not p.deleted
         where m.user_id = $1 and m.is_member
         order by m.project_id",
        user_id,
    )
    .fetch_all(conn)
    .await
}

/// The projects whose tickets an agent sees.
#[derive(Debug, Clone, Default)]
pub struct AgentProjects {
    /// Those the agent is assigned to.
    pub own: Vec<i64>,
    /// Others that the agent filed tickets to.
    pub elsewhere: Vec<i64>,
}

/// The projects whose tickets an agent sees; of those elsewhere, what the agent filed. They are
/// found by one step each in the index of what one filed, however many tickets that are.
pub async fn seen_by_agent(conn: &mut PgConnection, user_id: i64) -> sqlx::Result<AgentProjects> {
    let rows = sqlx::query!(
        r#"with recursive own as (
               select m.project_id
               from replica_memberships m
               join replica_projects p on p.id = m.project_id and not p.deleted
               where m.user_id = $1 and m.is_member
           ), filed as (
               select (select t.project_id from tickets t
                       where t.creator_user_id = $1 and t.deleted_at is null
                       order by t.project_id limit 1) as project_id
               union all
               select (select t.project_id from tickets t
                       where t.creator_user_id = $1 and t.deleted_at is null
                         and t.project_id > f.project_id
                       order by t.project_id limit 1)
               from filed f
               where f.project_id is not null
           )
           select project_id as "project_id!", true as "own!" from own
           union all
           select f.project_id, false from filed f
           where f.project_id is not null
             and not exists (select from own o where o.project_id = f.project_id)
           order by 1"#,
        user_id,
    )
    .fetch_all(conn)
    .await?;
    let mut projects = AgentProjects::default();
    for row in rows {
        let kind = if row.own {
            &mut projects.own
        } else {
            &mut projects.elsewhere
        };
        kind.push(row.project_id);
    }
    Ok(projects)
}

/// May tickets of the project be assigned to this user: an active agent of it, or an active admin?
pub async fn is_assignable(
    conn: &mut PgConnection,
    project_id: i64,
    user_id: i64,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from replica_users u
               where u.id = $2 and u.is_active and not u.deleted
                 and (u.role in ('super_admin', 'admin')
                      or u.role = 'agent' and exists (
                          select from replica_memberships m
                          where m.project_id = $1 and m.user_id = u.id and m.is_member)))
               as "assignable!""#,
        project_id,
        user_id,
    )
    .fetch_one(conn)
    .await
}

/// The address of a live customer account.
pub async fn customer_email(conn: &mut PgConnection, user_id: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select email from replica_users where id = $1 and role = 'customer' and not deleted",
        user_id,
    )
    .fetch_optional(conn)
    .await
}

/// The projects that a customer may file tickets to.
pub async fn active_projects(conn: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select id from replica_projects where is_active and not deleted order by id"
    )
    .fetch_all(conn)
    .await
}
