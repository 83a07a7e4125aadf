//! The SLA worker as a program: what it opens, and what runs beside its requests.

use axum::Router;
use desk_bus::{
    Bus, Consumer,
    program::Stored,
    reconcile::{Owners, Reconciler},
};
use desk_http::{
    program::Program,
    server::{Identity, Process, ServerSettings},
};
use sqlx::migrate::Migrator;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{App, MIGRATORS, alarm::Alarm, settings::Settings};

/// Connections to the database, unless told otherwise.
const CONNECTIONS: u32 = 4;

/// The SLA worker, opened.
pub struct SlaWorker {
    app: App,
    owners: Owners,
}

impl Program for SlaWorker {
    const IDENTITY: Identity = Identity {
        name: "sla-worker",
        port: 8086,
    };
    const ABOUT: &'static str = "Watches the deadlines of tickets.";

    type Settings = Settings;

    fn server(settings: &Settings) -> &ServerSettings {
        &settings.server
    }

    async fn open(settings: &Settings, process: &Process) -> anyhow::Result<Self> {
        let app = App {
            db: settings.database.open(CONNECTIONS, &MIGRATORS).await?,
            bus: Bus::connect(&settings.bus, Self::IDENTITY.name).await?,
            clock: process.clock.clone(),
            gatekeeper: process.gatekeeper.clone(),
            alarm: Alarm::default(),
        };
        Ok(Self {
            app,
            owners: Owners::new(&settings.owners, &process.issuer, &process.clock),
        })
    }

    async fn start(&self, stop: &CancellationToken) -> anyhow::Result<Vec<JoinHandle<()>>> {
        Ok(vec![
            crate::start_relay(&self.app, stop),
            crate::start_consumer(&self.app, stop),
            crate::start_worker(&self.app, stop),
            self.reconciler()?.start(stop.clone()),
        ])
    }

    fn router(&self) -> Router {
        crate::router(self.app.clone())
    }
}

impl Stored for SlaWorker {
    fn migrators() -> &'static [&'static Migrator] {
        &MIGRATORS
    }

    fn reconciler(&self) -> anyhow::Result<Reconciler<impl Consumer>> {
        crate::reconciler(&self.app, &self.owners)
    }
}
