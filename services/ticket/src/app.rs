//! What handlers and consumers share.

use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::FromRef;
use desk_bus::{Bus, reconcile::Owner};
use desk_events::Role;
use desk_http::{
    ClientAddress, Clock, Gatekeeper, Result, SignedIn, client::Peer, server::Process,
};
use desk_replica::Replica;
use sqlx::{PgConnection, PgPool};

use crate::{
    MIGRATORS,
    chores::purge::PurgeSettings,
    domain::Scope,
    files::Files,
    filing::Batches,
    settings::Settings,
    store::{
        audit::By,
        configuration::{self, Configuration},
        list::FrequentSearches,
    },
};

/// The service's state. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The ticket database.
    pub db: PgPool,
    /// Events out and in.
    pub bus: Bus,
    /// Business time.
    pub clock: Clock,
    /// Copies of users, projects and memberships.
    pub replica: Replica,
    /// Lets internal callers in.
    pub gatekeeper: Gatekeeper,
    /// Categories, tags and SLA policies in memory.
    pub configuration: KnownConfiguration,
    /// Tickets that arrive together.
    pub batches: Batches,
    /// Searches that were found more often than is counted.
    pub frequent: FrequentSearches,
    /// The bytes of attachments.
    pub files: Files,
    /// When tickets are removed for good.
    pub purge: PurgeSettings,
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

/// Connections to the database, unless told otherwise.
const CONNECTIONS: u32 = 8;

impl App {
    /// Opens the database and connects to the bus.
    ///
    /// # Errors
    /// A setting that is none, a database out of reach, an older schema, a folder for the files
    /// that cannot be made.
    pub async fn open(settings: &Settings, process: &Process) -> anyhow::Result<Self> {
        let db = settings.database.open(CONNECTIONS, &MIGRATORS).await?;
        let peer = |name, url| Peer::new(name, url, process.issuer.clone(), process.clock.clone());
        let auth = peer("auth", &settings.owners.auth_url)?;
        let project = peer("project", &settings.owners.project_url)?;
        Ok(Self {
            bus: Bus::connect(&settings.bus, "ticket").await?,
            clock: process.clock.clone(),
            replica: Replica::new(db.clone(), auth, project),
            gatekeeper: process.gatekeeper.clone(),
            configuration: KnownConfiguration::default(),
            batches: Batches::default(),
            frequent: FrequentSearches::default(),
            files: settings.files.open()?,
            purge: settings.purge,
            db,
        })
    }

    /// The circumstances of a change made now.
    pub fn by(&self, user: &SignedIn, address: ClientAddress) -> By {
        By {
            user_id: user.id,
            address: address.0,
            at: self.clock.now(),
        }
    }

    /// The tickets that a portal user may know of.
    ///
    /// # Errors
    /// 503 when a customer's account is not known here and auth is out of reach.
    pub async fn scope(&self, who: &SignedIn) -> Result<Scope> {
        let user_id = who.id;
        Ok(match who.role {
            Role::SuperAdmin | Role::Admin => Scope::All { user_id },
            Role::Agent => Scope::Agent { user_id },
            Role::Customer => {
                let account = self.replica.user(user_id).await?;
                let verified = account
                    .filter(|account| account.email_verified_at.is_some() && !account.deleted);
                let verified_email = verified.map(|account| account.email.to_lowercase());
                Scope::Customer {
                    user_id,
                    verified_email,
                }
            }
        })
    }
}

/// The configuration as last read; whoever decides by it has its version checked.
#[derive(Clone, Default)]
pub struct KnownConfiguration(Arc<RwLock<Arc<Configuration>>>);

impl KnownConfiguration {
    /// What is known, perhaps of an older version.
    pub fn known(&self) -> Arc<Configuration> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The current configuration; read again only when it has changed.
    pub async fn current(&self, conn: &mut PgConnection) -> sqlx::Result<Arc<Configuration>> {
        let known = self.known();
        if known.version == configuration::version(&mut *conn).await? {
            return Ok(known);
        }
        let read = Arc::new(configuration::load(conn).await?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&read);
        Ok(read)
    }
}
