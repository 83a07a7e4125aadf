//! SLA policies: what rules now, and its changes with what is said of them.

use desk_bus::outbox;
use desk_events::{Aggregate, AggregateKind, Fact, NewEvent, Priority, SlaPolicyState};
use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{calendars, word::Word};
use crate::domain::Policy;

/// A policy with the project it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectPolicy {
    /// None: for all projects.
    pub project_id: Option<i64>,
    /// The policy.
    pub policy: Policy,
}

/// What a policy says, as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// None: for all projects.
    pub project_id: Option<i64>,
    /// Its name.
    pub name: String,
    /// The priority it rules.
    pub priority: Priority,
    /// Minutes to the first staff reply.
    pub first_response_minutes: i32,
    /// Minutes to the resolution.
    pub resolution_minutes: i32,
    /// Its working hours; none for around the clock.
    pub calendar_id: Option<i64>,
    /// Waiting for the customer moves the resolution due time.
    pub pause_while_pending: bool,
}

impl Terms {
    fn state(self, id: i64, deleted: bool) -> SlaPolicyState {
        SlaPolicyState {
            id,
            project_id: self.project_id,
            name: self.name,
            priority: self.priority,
            first_response_minutes: self.first_response_minutes,
            resolution_minutes: self.resolution_minutes,
            calendar_id: self.calendar_id,
            pause_while_pending: self.pause_while_pending,
            deleted,
        }
    }
}

/// The policies with their calendars: the defaults first, then by project; the most urgent first.
pub async fn all(conn: &mut PgConnection) -> sqlx::Result<Vec<ProjectPolicy>> {
    let calendars = calendars::all(&mut *conn).await?;
    let rows = sqlx::query!(
        r#"select id, project_id, name, priority as "priority: Word<Priority>",
                  first_response_minutes, resolution_minutes, calendar_id, pause_while_pending
           from sla_policies
           where deleted_at is null
           order by project_id nulls first, resolution_minutes, id"#,
    )
    .fetch_all(conn)
    .await?;
    let calendar = |id: i64| calendars.iter().find(|calendar| calendar.id == id).cloned();
    let policies = rows.into_iter().map(|row| ProjectPolicy {
        project_id: row.project_id,
        policy: Policy {
            id: row.id,
            name: row.name,
            priority: row.priority.0,
            first_response_minutes: row.first_response_minutes,
            resolution_minutes: row.resolution_minutes,
            pause_while_pending: row.pause_while_pending,
            calendar: row.calendar_id.and_then(calendar),
        },
    });
    Ok(policies.collect())
}

/// What a policy says; none when it is not there, or gone.
pub async fn find(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<Terms>> {
    let row = sqlx::query!(
        r#"select project_id, name, priority as "priority: Word<Priority>",
                  first_response_minutes, resolution_minutes, calendar_id, pause_while_pending
           from sla_policies where id = $1 and deleted_at is null"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Terms {
        project_id: row.project_id,
        name: row.name,
        priority: row.priority.0,
        first_response_minutes: row.first_response_minutes,
        resolution_minutes: row.resolution_minutes,
        calendar_id: row.calendar_id,
        pause_while_pending: row.pause_while_pending,
    }))
}

/// Is there another policy for this priority in this project (or for all of them)?
pub async fn is_taken(
    conn: &mut PgConnection,
    terms: &Terms,
    except: Option<i64>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from sla_policies
               where coalesce(project_id, 0) = coalesce($1::bigint, 0) and priority = $2
                 and id is distinct from $3 and deleted_at is null) as "taken!""#,
        terms.project_id,
        terms.priority.as_str(),
        except,
    )
    .fetch_one(conn)
    .await
}

/// Stores a new policy and says so; answers its id.
pub async fn insert(
    conn: &mut PgConnection,
    terms: &Terms,
    now: OffsetDateTime,
) -> sqlx::Result<i64> {
    let id = sqlx::query_scalar!(
        "insert into sla_policies (project_id, name, priority, first_response_minutes,
                                   resolution_minutes, calendar_id, pause_while_pending)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning id",
        terms.project_id,
        terms.name,
        terms.priority.as_str(),
        terms.first_response_minutes,
        terms.resolution_minutes,
        terms.calendar_id,
        terms.pause_while_pending,
    )
    .fetch_one(&mut *conn)
    .await?;
    say(conn, terms.clone().state(id, false), 1, now).await?;
    Ok(id)
}

/// Stores what a policy says now, and says so.
pub async fn update(
    conn: &mut PgConnection,
    id: i64,
    terms: &Terms,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let sequence = sqlx::query_scalar!(
        "update sla_policies
         set project_id = $2, name = $3, priority = $4, first_response_minutes = $5,
             resolution_minutes = $6, calendar_id = $7, pause_while_pending = $8,
             sequence = sequence + 1
         where id = $1
         returning sequence",
        id,
        terms.project_id,
        terms.name,
        terms.priority.as_str(),
        terms.first_response_minutes,
        terms.resolution_minutes,
        terms.calendar_id,
        terms.pause_while_pending,
    )
    .fetch_one(&mut *conn)
    .await?;
    say(conn, terms.clone().state(id, false), sequence, now).await
}

/// Soft-deletes a policy, and says so: tickets keep what was frozen on them.
pub async fn delete(
    conn: &mut PgConnection,
    id: i64,
    terms: Terms,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let sequence = sqlx::query_scalar!(
        "update sla_policies set deleted_at = $2, sequence = sequence + 1 where id = $1
         returning sequence",
        id,
        now,
    )
    .fetch_one(&mut *conn)
    .await?;
    say(conn, terms.state(id, true), sequence, now).await
}

async fn say(
    conn: &mut PgConnection,
    policy: SlaPolicyState,
    sequence: i64,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let event = NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::SlaPolicy,
            id: policy.id,
        },
        sequence,
        occurred_at: now,
        fact: Fact::ConfigSlaPolicy(Box::new(policy)),
    };
    outbox::append(conn, &[event]).await?;
    Ok(())
}
