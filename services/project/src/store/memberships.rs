//! Agents of projects. A row stays when the agent leaves, so that its sequence only grows.

use desk_events::Change;
use desk_replica::MembershipRecord;
use serde::Serialize;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    audit::{self, By, Target},
    say,
};
use crate::events::said;

/// One agent's place in one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Id of the row: the aggregate of its events.
    pub id: i64,
    /// The project.
    pub project_id: i64,
    /// The user.
    pub user_id: i64,
    /// Leads the project's agents.
    pub is_lead: bool,
    /// False once removed.
    pub is_member: bool,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// Of its last event.
    pub sequence: i64,
}

/// An agent as an admin sees one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProjectAgent {
    /// User id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// Leads the project's agents.
    pub is_lead: bool,
}

/// What an assignment did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// The user was no agent of the project before.
    Newly,
    /// The user was one already.
    Again,
}

/// Makes a user an agent of a locked project, or updates the lead flag where one is given.
pub async fn assign(
    conn: &mut PgConnection,
    project_id: i64,
    user_id: i64,
    is_lead: Option<bool>,
    by: &By,
) -> sqlx::Result<Assigned> {
    let before = find(conn, project_id, user_id)
        .await?
        .filter(|place| place.is_member);
    let kept = before.is_some_and(|place| is_lead.is_none_or(|is_lead| is_lead == place.is_lead));
    if kept {
        return Ok(Assigned::Again);
    }
    let is_lead = is_lead.unwrap_or(false);
    let place = put(conn, project_id, user_id, is_lead, true, by.at).await?;
    say(conn, said::membership(&place)).await?;
    let target = Target::Project(project_id);
    let changes = vec![moved(before.as_ref(), Some(&place))];
    audit::record(conn, by, "project.agent_assigned", target, changes).await?;
    Ok(if before.is_some() {
        Assigned::Again
    } else {
        Assigned::Newly
    })
}

/// Takes an agent out of a locked project; false when the user is none of its agents.
pub async fn remove(
    conn: &mut PgConnection,
    project_id: i64,
    user_id: i64,
    by: &By,
) -> sqlx::Result<bool> {
    let Some(place) = find(conn, project_id, user_id)
        .await?
        .filter(|place| place.is_member)
    else {
        return Ok(false);
    };
    let gone = put(conn, project_id, place.user_id, false, false, by.at).await?;
    say(conn, said::membership(&gone)).await?;
    let target = Target::Project(project_id);
    let changes = vec![moved(Some(&place), None)];
    audit::record(conn, by, "project.agent_removed", target, changes).await?;
    Ok(true)
}

/// An agent's place as the audit tells of it.
fn moved(before: Option<&Membership>, after: Option<&Membership>) -> Change {
    let told = |place: &Membership| json!({"user_id": place.user_id, "is_lead": place.is_lead});
    Change::of("agents", before.map(told), after.map(told))
}

async fn find(
    conn: &mut PgConnection,
    project_id: i64,
    user_id: i64,
) -> sqlx::Result<Option<Membership>> {
    sqlx::query_as!(
        Membership,
        "select id, project_id, user_id, is_lead, is_member, updated_at, sequence from memberships
         where project_id = $1 and user_id = $2",
        project_id,
        user_id,
    )
    .fetch_optional(conn)
    .await
}

async fn put(
    conn: &mut PgConnection,
    project_id: i64,
    user_id: i64,
    is_lead: bool,
    is_member: bool,
    at: OffsetDateTime,
) -> sqlx::Result<Membership> {
    sqlx::query_as!(
        Membership,
        "insert into memberships as place
             (project_id, user_id, is_lead, is_member, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5)
         on conflict (project_id, user_id) do update
         set is_lead = excluded.is_lead, is_member = excluded.is_member,
             updated_at = greatest(excluded.updated_at, place.updated_at + interval '1 microsecond'),
             sequence = place.sequence + 1
         returning id, project_id, user_id, is_lead, is_member, updated_at, sequence",
        project_id,
        user_id,
        is_lead,
        is_member,
        at,
    )
    .fetch_one(conn)
    .await
}

/// A project's agents who can work: active staff. Leads first, then by name.
pub async fn agents(pool: &PgPool, project_id: i64) -> sqlx::Result<Vec<ProjectAgent>> {
    sqlx::query_as!(
        ProjectAgent,
        "select u.id, u.name, u.email, m.is_lead
         from memberships m join replica_users u on u.id = m.user_id
         where m.project_id = $1 and m.is_member
           and u.is_active and not u.deleted and u.role <> 'customer'
         order by m.is_lead desc, u.name, u.id",
        project_id,
    )
    .fetch_all(pool)
    .await
}

/// Everyone who is or was an agent of the project, as its copies keep them.
pub async fn records(pool: &PgPool, project_id: i64) -> sqlx::Result<Vec<MembershipRecord>> {
    let places = sqlx::query_as!(
        Membership,
        "select id, project_id, user_id, is_lead, is_member, updated_at, sequence from memberships
         where project_id = $1 order by id",
        project_id,
    )
    .fetch_all(pool)
    .await?;
    let record = |place: &Membership| MembershipRecord {
        id: Some(place.id),
        membership: said::membership_state(place),
        sequence: place.sequence,
    };
    Ok(places.iter().map(record).collect())
}
