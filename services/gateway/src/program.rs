//! The gateway as a program: what it opens, and what runs beside its requests.

use std::{sync::Arc, time::Duration};

use axum::Router;
use desk_http::{
    connections::PerAddress,
    program::Program,
    server::{Identity, Process, ServerSettings},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{App, Settings};

/// How long the start waits for auth's keys and revocations.
const FIRST_NEWS: Duration = Duration::from_secs(5);

/// The gateway, opened.
pub struct Gateway {
    app: Arc<App>,
}

impl Program for Gateway {
    const IDENTITY: Identity = Identity {
        name: "gateway",
        port: 8080,
    };
    const ABOUT: &'static str = "The one origin in front of all services.";

    type Settings = Settings;

    fn server(settings: &Settings) -> &ServerSettings {
        &settings.server
    }

    fn per_address(settings: &Settings) -> Option<PerAddress> {
        Some(PerAddress {
            most: settings.edge.edge_connections.get(),
            but: settings.edge.trusted_proxies.clone(),
        })
    }

    async fn open(settings: &Settings, process: &Process) -> anyhow::Result<Self> {
        let (issuer, clock) = (process.issuer.clone(), process.clock.clone());
        let app = Arc::new(App::new(&settings.edge, issuer, clock)?);
        Ok(Self { app })
    }

    async fn start(&self, stop: &CancellationToken) -> anyhow::Result<Vec<JoinHandle<()>>> {
        let background = crate::start_background(&self.app, stop);
        self.app.informed(FIRST_NEWS).await;
        Ok(background)
    }

    fn router(&self) -> Router {
        crate::router(Arc::clone(&self.app))
    }
}
