//! What the handlers share.

use axum::extract::FromRef;
use desk_bus::{Bus, reconcile::Owner};
use desk_http::{ClientAddress, Clock, Gatekeeper, SignedIn};
use desk_replica::Replica;
use sqlx::PgPool;

use crate::{domain::peppers::Peppers, store::audit::By};

/// The app.
#[derive(Debug, Clone)]
pub struct App {
    /// Project's database.
    pub db: PgPool,
    /// Told of every commit that says something.
    pub bus: Bus,
    /// Business time.
    pub clock: Clock,
    /// Lets internal callers in.
    pub gatekeeper: Gatekeeper,
    /// Copies of accounts.
    pub replica: Replica,
    /// Hash API secrets.
    pub peppers: Peppers,
}

impl App {
    /// The circumstances of a change made now.
    pub fn by(&self, user: SignedIn, address: ClientAddress) -> By {
        By {
            user_id: user.id,
            address: address.0,
            at: self.clock.now(),
        }
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
