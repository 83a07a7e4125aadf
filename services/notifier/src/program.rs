//! The notifier as a program: what it opens, and what runs beside its requests.

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
use sqlx::migrate::Migrator;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    App, MIGRATORS,
    mail::{Bell, Mailing},
    settings::Settings,
};

/// Connections to the database, unless told otherwise.
const CONNECTIONS: u32 = 4;

/// The notifier, opened.
pub struct Notifier {
    app: App,
    mailing: Mailing,
    bus: Bus,
    owners: Owners,
}

impl Program for Notifier {
    const IDENTITY: Identity = Identity {
        name: "notifier",
        port: 8087,
    };
    const ABOUT: &'static str = "Tells people by mail what happened to their tickets.";

    type Settings = Settings;

    fn server(settings: &Settings) -> &ServerSettings {
        &settings.server
    }

    async fn open(settings: &Settings, process: &Process) -> anyhow::Result<Self> {
        let mailing = settings.mail.open()?;
        let (issuer, clock) = (process.issuer.clone(), process.clock.clone());
        let app = App {
            db: settings.database.open(CONNECTIONS, &MIGRATORS).await?,
            clock: process.clock.clone(),
            gatekeeper: process.gatekeeper.clone(),
            bell: Bell::default(),
            ticket: Peer::new("ticket", &settings.owners.ticket_url, issuer, clock)?,
        };
        Ok(Self {
            app,
            mailing,
            bus: Bus::connect(&settings.bus, Self::IDENTITY.name).await?,
            owners: Owners::new(&settings.owners, &process.issuer, &process.clock),
        })
    }

    async fn start(&self, stop: &CancellationToken) -> anyhow::Result<Vec<JoinHandle<()>>> {
        let mut background = crate::start_consumers(&self.app, &self.bus, stop.clone());
        background.extend(crate::start_mail(&self.app, &self.mailing, stop.clone()));
        background.push(self.reconciler()?.start(stop.clone()));
        Ok(background)
    }

    fn router(&self) -> Router {
        crate::router(self.app.clone())
    }
}

impl Stored for Notifier {
    fn migrators() -> &'static [&'static Migrator] {
        &MIGRATORS
    }

    fn reconciler(&self) -> anyhow::Result<Reconciler<impl Consumer>> {
        crate::reconciler(&self.app, &self.bus, &self.owners)
    }
}
