//! Events about accounts, written in the transaction of the change.

use desk_bus::outbox;
use desk_events::{Aggregate, AggregateKind, Fact, NewEvent, UserState};
use sqlx::PgConnection;

use crate::domain::User;

/// Says `user.created`.
pub async fn created(conn: &mut PgConnection, user: &User) -> sqlx::Result<()> {
    say(conn, user, Fact::UserCreated).await
}

/// Says `user.updated`.
pub async fn updated(conn: &mut PgConnection, user: &User) -> sqlx::Result<()> {
    say(conn, user, Fact::UserUpdated).await
}

/// Says `user.verified`.
pub async fn verified(conn: &mut PgConnection, user: &User) -> sqlx::Result<()> {
    say(conn, user, Fact::UserVerified).await
}

/// Says `user.deleted`.
pub async fn deleted(conn: &mut PgConnection, user: &User) -> sqlx::Result<()> {
    say(conn, user, Fact::UserDeleted).await
}

/// Says `user.erased`.
pub async fn erased(conn: &mut PgConnection, user: &User) -> sqlx::Result<()> {
    say(conn, user, Fact::UserErased).await
}

async fn say(
    conn: &mut PgConnection,
    user: &User,
    fact: fn(Box<UserState>) -> Fact,
) -> sqlx::Result<()> {
    let event = NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::User,
            id: user.id,
        },
        sequence: user.sequence,
        occurred_at: user.updated_at,
        fact: fact(Box::new(user.state())),
    };
    outbox::append(conn, &[event]).await?;
    Ok(())
}
