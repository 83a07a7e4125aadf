//! Auth as a program: what it opens, and what runs beside its requests.

use std::sync::Arc;

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
    App, MIGRATOR, Passwords, Tokens,
    account_mails::{self, Bell, Post},
    bootstrap,
    settings::{BootstrapSettings, Settings},
    sweep,
};

/// Connections to the database, unless told otherwise.
const CONNECTIONS: u32 = 4;

/// Everything in the database, in the order it is migrated.
static MIGRATORS: [&Migrator; 3] = [&desk_bus::MIGRATOR, &desk_replica::MIGRATOR, &MIGRATOR];

/// Auth, opened.
pub struct Auth {
    app: App,
    owners: Owners,
    post: Post,
    bootstrap: BootstrapSettings,
}

impl Auth {
    /// What its handlers share.
    pub(crate) const fn app(&self) -> &App {
        &self.app
    }
}

impl Program for Auth {
    const IDENTITY: Identity = Identity {
        name: "auth",
        port: 8082,
    };
    const ABOUT: &'static str = "Accounts, passwords, portal sessions.";

    type Settings = Settings;

    fn server(settings: &Settings) -> &ServerSettings {
        &settings.server
    }

    async fn open(settings: &Settings, process: &Process) -> anyhow::Result<Self> {
        let peer = |name, url| Peer::new(name, url, process.issuer.clone(), process.clock.clone());
        let app = App {
            db: settings.database.open(CONNECTIONS, &MIGRATORS).await?,
            bus: Bus::connect(&settings.bus, Self::IDENTITY.name).await?,
            clock: process.clock.clone(),
            gatekeeper: process.gatekeeper.clone(),
            tokens: Arc::new(Tokens::new(&settings.portal_keys, settings.lifetimes)?),
            passwords: Passwords::recommended()?,
            limits: settings.limits,
            bell: Bell::default(),
            ticket: peer("ticket", &settings.owners.ticket_url)?,
        };
        Ok(Self {
            app,
            owners: Owners::new(&settings.owners, &process.issuer, &process.clock),
            post: Post {
                notifier: peer("notifier", &settings.mails.notifier_url)?,
                public_url: settings.mails.public_url.clone(),
            },
            bootstrap: settings.bootstrap.clone(),
        })
    }

    async fn start(&self, stop: &CancellationToken) -> anyhow::Result<Vec<JoinHandle<()>>> {
        bootstrap::first_super_admin(&self.app, &self.bootstrap).await?;
        let mut background = crate::start_consumers(&self.app, stop);
        background.push(self.reconciler()?.start(stop.clone()));
        background.push(sweep::start(self.app.clone(), stop.clone()));
        let (app, post) = (self.app.clone(), self.post.clone());
        background.push(account_mails::start(app, post, stop.clone()));
        Ok(background)
    }

    fn router(&self) -> Router {
        crate::router(self.app.clone())
    }
}

impl Stored for Auth {
    fn migrators() -> &'static [&'static Migrator] {
        &MIGRATORS
    }

    fn reconciler(&self) -> anyhow::Result<Reconciler<impl Consumer>> {
        crate::reconciler(&self.app, &self.owners)
    }
}
