//! Copies of facts that another service owns: users, projects and memberships.
//!
//! They come from events ([`apply`]), the highest sequence winning, and, when something is asked
//! for that has not arrived yet, by one synchronous call to the owner ([`Replica`]). The owner's
//! answer carries its sequence, so that a late event never overwrites a newer answer. The
//! reconciler compares the copies by [`known`], and row by row by [`copied`].

mod miss;
mod record;
mod store;

use desk_bus::reconcile::{Copied, Known};
use desk_events::{AggregateKind, Event, Fact, StateRecord};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::PgConnection;

pub use miss::Replica;
pub use record::{MembershipRecord, ProjectRecord, UserRecord};

/// The tables of this crate, kept in the migration table `_replica_migrations`.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// What a service's consumer subscribes to for [`apply`].
pub const SUBJECTS: &[&str] = &[
    "user.*",
    "project.created",
    "project.updated",
    "project.deleted",
    "project.membership",
];

/// Applies what the events say of users, projects and memberships; passes over everything else.
/// Three statements at most, however many events.
///
/// # Errors
/// When the database refuses.
pub async fn apply(conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
    let (mut users, mut projects, mut members) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        let sequence = event.sequence;
        match &event.fact {
            Fact::UserCreated(user)
            | Fact::UserUpdated(user)
            | Fact::UserVerified(user)
            | Fact::UserDeleted(user)
            | Fact::UserErased(user) => {
                users.push(UserRecord {
                    user: (**user).clone(),
                    sequence,
                });
            }
            Fact::ProjectCreated(project)
            | Fact::ProjectUpdated(project)
            | Fact::ProjectDeleted(project) => projects.push(ProjectRecord {
                project: (**project).clone(),
                sequence,
                members: Vec::new(),
            }),
            Fact::ProjectMembership(membership) => {
                members.push(MembershipRecord {
                    id: Some(event.aggregate.id),
                    membership: (**membership).clone(),
                    sequence,
                });
            }
            _ => {}
        }
    }
    store::keep_users(conn, &users).await?;
    store::keep_projects(conn, &projects).await?;
    store::keep_memberships(conn, &members).await?;
    Ok(())
}

/// How far the copies of these aggregates are, for a consumer's `known`; nothing for a kind that
/// is not copied.
///
/// # Errors
/// The database's.
pub async fn known(
    conn: &mut PgConnection,
    kind: AggregateKind,
    ids: &[i64],
) -> sqlx::Result<Vec<Known>> {
    match kind {
        AggregateKind::User => store::known_users(conn, ids).await,
        AggregateKind::Project => store::known_projects(conn, ids).await,
        AggregateKind::Membership => store::known_memberships(conn, ids).await,
        _ => Ok(Vec::new()),
    }
}

/// The copies of users, for a consumer's `copies`.
pub const USERS: Copied = Copied {
    kind: AggregateKind::User,
    table: "replica_users",
    path: "/internal/users",
    personal: true,
};

/// The copies of projects.
pub const PROJECTS: Copied = Copied {
    kind: AggregateKind::Project,
    table: "replica_projects",
    path: "/internal/projects",
    personal: false,
};

/// The copies whose ids are in a range, for a consumer's `copied`; nothing for another kind.
///
/// # Errors
/// The database's, and a role that is none.
pub async fn copied(
    conn: &mut PgConnection,
    kind: AggregateKind,
    after: i64,
    last: i64,
) -> anyhow::Result<Vec<StateRecord<Value>>> {
    match kind {
        AggregateKind::User => {
            let users = store::users_between(conn, after, last).await?;
            let records = users.iter();
            records
                .map(|record| told(record.user.id, &record.user, record.sequence))
                .collect()
        }
        AggregateKind::Project => {
            let projects = store::projects_between(conn, after, last).await?;
            let records = projects.iter();
            records
                .map(|record| told(record.project.id, &record.project, record.sequence))
                .collect()
        }
        _ => Ok(Vec::new()),
    }
}

/// Drops the copies that are still as they were seen and keeps what their owner tells, for a
/// consumer's `put_right`.
///
/// # Errors
/// The database's, and a state that is none.
pub async fn put_right(
    conn: &mut PgConnection,
    kind: AggregateKind,
    seen: &[Known],
    told: &[StateRecord<Value>],
) -> anyhow::Result<()> {
    match kind {
        AggregateKind::User => {
            store::forget_users(conn, seen).await?;
            let record = |told: &StateRecord<Value>| -> anyhow::Result<UserRecord> {
                Ok(UserRecord {
                    user: read(told)?,
                    sequence: told.sequence,
                })
            };
            let users: Vec<UserRecord> = told.iter().map(record).collect::<Result<_, _>>()?;
            store::keep_users(conn, &users).await?;
        }
        AggregateKind::Project => {
            store::forget_projects(conn, seen).await?;
            let record = |told: &StateRecord<Value>| -> anyhow::Result<ProjectRecord> {
                Ok(ProjectRecord {
                    project: read(told)?,
                    sequence: told.sequence,
                    members: Vec::new(),
                })
            };
            let projects: Vec<ProjectRecord> = told.iter().map(record).collect::<Result<_, _>>()?;
            store::keep_projects(conn, &projects).await?;
        }
        _ => {}
    }
    Ok(())
}

fn told(id: i64, state: &impl Serialize, sequence: i64) -> anyhow::Result<StateRecord<Value>> {
    Ok(StateRecord {
        id,
        state: serde_json::to_value(state)?,
        sequence,
    })
}

fn read<T: DeserializeOwned>(told: &StateRecord<Value>) -> serde_json::Result<T> {
    T::deserialize(&told.state)
}
