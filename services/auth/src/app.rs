//! What handlers share.

use std::sync::Arc;

use axum::extract::FromRef;
use desk_bus::{Bus, reconcile::Owner};
use desk_http::{Clock, Gatekeeper, Result, client::Peer};
use sqlx::{PgPool, Postgres, Transaction};

use crate::{account_mails::Bell, passwords::Passwords, settings::Limits, tokens::Tokens};

/// The service's parts. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: PgPool,
    /// The bus.
    pub bus: Bus,
    /// The clock.
    pub clock: Clock,
    /// Lets internal callers in.
    pub gatekeeper: Gatekeeper,
    /// Portal tokens.
    pub tokens: Arc<Tokens>,
    /// Password hashing.
    pub passwords: Passwords,
    /// How many attempts are taken.
    pub limits: Limits,
    /// Rung when a mail was asked for.
    pub bell: Bell,
    /// Ticket, for what it has of a person.
    pub ticket: Peer,
}

impl App {
    /// Commits, and lets the relay know that there may be something to publish.
    ///
    /// # Errors
    /// The database's.
    pub async fn commit(&self, tx: Transaction<'_, Postgres>) -> Result<()> {
        tx.commit().await?;
        self.bus.wake();
        Ok(())
    }
}

impl FromRef<App> for Gatekeeper {
    fn from_ref(app: &App) -> Self {
        app.gatekeeper.clone()
    }
}

impl FromRef<App> for Owner {
    fn from_ref(app: &App) -> Self {
        Self {
            pool: app.db.clone(),
            bus: app.bus.clone(),
        }
    }
}
