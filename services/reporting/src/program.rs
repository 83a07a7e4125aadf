//! Reporting as a program: what it opens, and what runs beside its requests.

use axum::Router;
use desk_bus::{
    Bus, Consumer, Freshness,
    program::Stored,
    reconcile::{Owners, Reconciler, Snapshot},
};
use desk_http::{
    program::Program,
    server::{Identity, Process, ServerSettings},
};
use sqlx::migrate::Migrator;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{App, MIGRATORS, Rebuilder, settings::Settings};

/// Connections to the database, unless told otherwise.
const CONNECTIONS: u32 = 4;

/// Reporting, opened.
pub struct Reporting {
    app: App,
    bus: Bus,
    owners: Owners,
}

impl Reporting {
    /// Builds the read models anew.
    pub(crate) const fn rebuilder(&self) -> &Rebuilder {
        &self.app.rebuilder
    }
}

impl Program for Reporting {
    const IDENTITY: Identity = Identity {
        name: "reporting",
        port: 8085,
    };
    const ABOUT: &'static str = "Keeps the read models behind the reports.";

    type Settings = Settings;

    fn server(settings: &Settings) -> &ServerSettings {
        &settings.server
    }

    async fn open(settings: &Settings, process: &Process) -> anyhow::Result<Self> {
        let db = settings.database.open(CONNECTIONS, &MIGRATORS).await?;
        let owners = Owners::new(&settings.owners, &process.issuer, &process.clock);
        let (clock, stop) = (process.clock.clone(), process.stop.clone());
        let app = App {
            rebuilder: Rebuilder::new(db.clone(), Snapshot::of(&owners)?, clock, stop),
            db,
            gatekeeper: process.gatekeeper.clone(),
            freshness: Freshness::default(),
        };
        Ok(Self {
            app,
            bus: Bus::connect(&settings.bus, Self::IDENTITY.name).await?,
            owners,
        })
    }

    async fn start(&self, stop: &CancellationToken) -> anyhow::Result<Vec<JoinHandle<()>>> {
        let mut background = crate::start_consumers(&self.app, &self.bus, stop.clone());
        background.push(self.reconciler()?.start(stop.clone()));
        background.push(tokio::spawn(self.app.rebuilder.clone().resume()));
        Ok(background)
    }

    fn router(&self) -> Router {
        crate::router(self.app.clone())
    }
}

impl Stored for Reporting {
    fn migrators() -> &'static [&'static Migrator] {
        &MIGRATORS
    }

    fn reconciler(&self) -> anyhow::Result<Reconciler<impl Consumer>> {
        crate::reconciler(&self.app, &self.bus, &self.owners)
    }
}
