//! The external gateway as a program: what it opens, and what runs beside its requests.

use std::sync::Arc;

use axum::Router;
use desk_bus::Bus;
use desk_http::{
    program::Program,
    server::{Identity, Process, ServerSettings},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{App, Settings};

/// The external gateway, opened.
pub struct ExternalGateway {
    app: Arc<App>,
    bus: Bus,
}

impl Program for ExternalGateway {
    const IDENTITY: Identity = Identity {
        name: "external-gateway",
        port: 8081,
    };
    const ABOUT: &'static str = "The door of external projects.";

    type Settings = Settings;

    fn server(settings: &Settings) -> &ServerSettings {
        &settings.server
    }

    async fn open(settings: &Settings, process: &Process) -> anyhow::Result<Self> {
        let (issuer, gatekeeper) = (process.issuer.clone(), process.gatekeeper.clone());
        Ok(Self {
            app: Arc::new(App::new(&settings.keys, issuer, gatekeeper)?),
            bus: Bus::connect(&settings.bus, Self::IDENTITY.name).await?,
        })
    }

    async fn start(&self, stop: &CancellationToken) -> anyhow::Result<Vec<JoinHandle<()>>> {
        Ok(crate::start_background(&self.app, self.bus.clone(), stop))
    }

    fn router(&self) -> Router {
        crate::router(Arc::clone(&self.app))
    }

    async fn stopped(&self) {
        self.app.report_last_use().await;
    }
}
