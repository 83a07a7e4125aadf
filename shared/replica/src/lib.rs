//! Copies of facts that another service owns: users, projects and memberships.
//!
//! They come from events ([`apply`]), the highest sequence winning, and, when something is asked
//! for that has not arrived yet, by one synchronous call to the owner ([`Replica`]). The owner's
//! answer carries its sequence, so that a late event never overwrites a newer answer. The
//! reconciler compares the copies by [`known`].

mod miss;
mod record;
mod store;

use desk_bus::reconcile::Known;
use desk_events::{AggregateKind, Event, Fact};
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
