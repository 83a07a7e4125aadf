//! Project as a program: what it opens, and what runs beside its requests.

use anyhow::Context;
use axum::Router;
use desk_bus::{
    Bus, Consumer,
    program::Stored,
    reconcile::{Owners, Reconciler},
};
use desk_http::{
    client::Peer,
    program::Program,
    server::{Identity, Process, ServerSettings},
};
use desk_replica::Replica;
use secrecy::ExposeSecret;
use sqlx::migrate::Migrator;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{App, MIGRATOR, Settings};

/// Connections to the database, unless told otherwise.
const CONNECTIONS: u32 = 4;

/// Everything in the database, in the order it is migrated.
static MIGRATORS: [&Migrator; 3] = [&desk_bus::MIGRATOR, &desk_replica::MIGRATOR, &MIGRATOR];

/// Project, opened.
pub struct Project {
    app: App,
    owners: Owners,
}

impl Program for Project {
    const IDENTITY: Identity = Identity {
        name: "project",
        port: 8083,
    };
    const ABOUT: &'static str = "Projects, their agents and API keys.";

    type Settings = Settings;

    fn server(settings: &Settings) -> &ServerSettings {
        &settings.server
    }

    async fn open(settings: &Settings, process: &Process) -> anyhow::Result<Self> {
        let peppers = settings.key_peppers.expose_secret().parse();
        let peppers = peppers.context("SUPPORTDESK_KEY_PEPPERS")?;
        let db = settings.database.open(CONNECTIONS, &MIGRATORS).await?;
        let peer = |name, url| Peer::new(name, url, process.issuer.clone(), process.clock.clone());
        let auth = peer("auth", &settings.owners.auth_url)?;
        let itself = peer(Self::IDENTITY.name, &settings.owners.project_url)?;
        let app = App {
            replica: Replica::new(db.clone(), auth, itself),
            bus: Bus::connect(&settings.bus, Self::IDENTITY.name).await?,
            clock: process.clock.clone(),
            gatekeeper: process.gatekeeper.clone(),
            peppers,
            db,
        };
        Ok(Self {
            app,
            owners: Owners::new(&settings.owners, &process.issuer, &process.clock),
        })
    }

    async fn start(&self, stop: &CancellationToken) -> anyhow::Result<Vec<JoinHandle<()>>> {
        let mut background = crate::start_consumers(&self.app, stop);
        background.push(self.reconciler()?.start(stop.clone()));
        Ok(background)
    }

    fn router(&self) -> Router {
        crate::router(self.app.clone())
    }
}

impl Stored for Project {
    fn migrators() -> &'static [&'static Migrator] {
        &MIGRATORS
    }

    fn reconciler(&self) -> anyhow::Result<Reconciler<impl Consumer>> {
        crate::reconciler(&self.app, &self.owners)
    }
}
