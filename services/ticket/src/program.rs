//! Ticket as a program: what it opens, and what runs beside its requests.

use std::io::Write as _;

use axum::Router;
use desk_bus::{
    Consumer,
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

use crate::{
    App, MIGRATORS,
    settings::{PurgeCommand, Settings},
};

/// Ticket, opened.
pub struct Ticket {
    app: App,
    owners: Owners,
}

impl Ticket {
    /// `ticket purge`: prints what was removed, or would be, as a JSON line.
    ///
    /// # Errors
    /// A setting that is none, a database out of reach.
    pub async fn purge(command: &PurgeCommand) -> anyhow::Result<()> {
        let settings = &command.settings;
        let process = Process::command(Self::IDENTITY, Self::server(settings))?;
        let ticket = Self::open(settings, &process).await?;
        let purged = crate::purge(&ticket.app, command.dry_run).await?;
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&purged)?)?;
        Ok(())
    }
}

impl Program for Ticket {
    const IDENTITY: Identity = Identity {
        name: "ticket",
        port: 8084,
    };
    const ABOUT: &'static str = "Tickets, messages and their configuration.";

    type Settings = Settings;

    fn server(settings: &Settings) -> &ServerSettings {
        &settings.server
    }

    async fn open(settings: &Settings, process: &Process) -> anyhow::Result<Self> {
        Ok(Self {
            app: App::open(settings, process).await?,
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

impl Stored for Ticket {
    fn migrators() -> &'static [&'static Migrator] {
        &MIGRATORS
    }

    fn reconciler(&self) -> anyhow::Result<Reconciler<impl Consumer>> {
        crate::reconciler(&self.app, &self.owners)
    }
}
