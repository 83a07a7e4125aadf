//! Copies of facts that another service owns: users, projects and memberships.
//!
//! They come from events ([`apply`]), the highest sequence winning, and, when something is asked
//! for that has not arrived yet, by one synchronous call to the owner ([`Replica`]). The owner's
//! answer carries its sequence, so that a late event never overwrites a newer answer.

mod miss;
mod record;
mod store;

use desk_events::{Event, Fact};
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
            | Fact::UserDeleted(user) => {
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
