//! How a service starts, tells its health, and stops without failing a request.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    routing::get,
};
use desk_identity::{Clock, Issuer, SigningKey, TrustedSigners, Verifier};
use desk_telemetry::{LogFormat, Metrics, Telemetry, TelemetrySettings};
use secrecy::{ExposeSecret, SecretString};
use tokio::{net::TcpListener, signal::unix::SignalKind};
use tokio_util::sync::CancellationToken;

use crate::{Gatekeeper, layers::dress};

/// How long running requests may take to end after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(20);

/// The text format of Prometheus.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What every process reads from its environment.
#[derive(Debug, Clone, clap::Args)]
pub struct ServerSettings {
    /// Where to listen; by default every address, on the service's own port.
    #[arg(long, env = "SUPPORTDESK_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// Where health and metrics listen; by default the service's port + 1000.
    #[arg(long, env = "SUPPORTDESK_ADMIN_LISTEN")]
    pub admin_listen: Option<SocketAddr>,
    /// Log filter.
    #[arg(long, env = "SUPPORTDESK_LOG", default_value = "info,async_nats=warn")]
    pub log: String,
    /// `json` or `text`.
    #[arg(long, env = "SUPPORTDESK_LOG_FORMAT", default_value = "json")]
    pub log_format: LogFormat,
    /// This process's Ed25519 seed, base64url: signs its internal tokens.
    #[arg(long, env = "SUPPORTDESK_SIGNING_KEY", hide_env_values = true)]
    pub signing_key: SecretString,
    /// Whose internal tokens are accepted: `name:public key`, comma-separated.
    #[arg(long, env = "SUPPORTDESK_TRUSTED_SIGNERS")]
    pub trusted_signers: TrustedSigners,
}

/// A service's name and port.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// As in tokens, logs and traces.
    pub name: &'static str,
    /// The port it listens on unless told otherwise.
    pub port: u16,
}

/// A started process: telemetry is up and signals are heard.
pub struct Process {
    identity: Identity,
    settings: ServerSettings,
    telemetry: Telemetry,
    /// Cancelled when the process is told to stop; background work ends then.
    pub stop: CancellationToken,
    /// The app's clock.
    pub clock: Clock,
    /// Signs this process's internal tokens.
    pub issuer: Issuer,
    /// Lets internal callers in.
    pub gatekeeper: Gatekeeper,
}

impl Process {
    /// Sets up telemetry, keys and signals.
    ///
    /// # Errors
    /// A setting that is none, or telemetry that cannot be set up.
    pub fn start(identity: Identity, settings: &ServerSettings) -> anyhow::Result<Self> {
        let telemetry = desk_telemetry::init(&TelemetrySettings {
            service: identity.name,
            filter: settings.log.clone(),
            format: settings.log_format,
        })?;
        let key = SigningKey::from_setting(settings.signing_key.expose_secret())
            .context("SUPPORTDESK_SIGNING_KEY")?;
        let clock = Clock::system();
        let verifier = Verifier::new(identity.name, &settings.trusted_signers)
            .context("SUPPORTDESK_TRUSTED_SIGNERS")?;
        let stop = CancellationToken::new();
        tokio::spawn(stop_on_signal(stop.clone()));
        Ok(Self {
            identity,
            settings: settings.clone(),
            telemetry,
            stop,
            issuer: Issuer::new(identity.name, &key),
            gatekeeper: Gatekeeper {
                verifier,
                clock: clock.clone(),
            },
            clock,
        })
    }

    /// What was set up for logs, traces and metrics; to be shut down last.
    pub fn telemetry(&self) -> Telemetry {
        self.telemetry.clone()
    }

    /// Serves until told to stop, then lets running requests end.
    ///
    /// # Errors
    /// A busy port.
    pub async fn serve(self, router: Router) -> anyhow::Result<()> {
        let settings = &self.settings;
        let listen = settings.listen.unwrap_or(everywhere(self.identity.port));
        let admin = admin_address(self.identity, settings.admin_listen);
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("listen on {listen}"))?;
        let admin_listener = TcpListener::bind(admin)
            .await
            .with_context(|| format!("listen on {admin}"))?;

        let ready = Arc::new(AtomicBool::new(true));
        let health = admin_router(Arc::clone(&ready), self.telemetry.metrics());
        let admin_task = tokio::spawn(async move { axum::serve(admin_listener, health).await });
        tracing::info!(%listen, %admin, service = self.identity.name, "ready");

        let stop = self.stop.clone();
        let server = axum::serve(
            listener,
            dress(router).into_make_service_with_connect_info::<SocketAddr>(),
        )
        .with_graceful_shutdown(async move {
            stop.cancelled().await;
            ready.store(false, Ordering::Relaxed);
            tracing::info!("draining");
        });
        let stop = self.stop.clone();
        tokio::select! {
            served = server.into_future() => served.context("serve")?,
            () = async { stop.cancelled().await; tokio::time::sleep(DRAIN).await } => {
                tracing::warn!("requests still ran when the time to drain was over");
            }
        }
        admin_task.abort();
        tracing::info!("stopped");
        Ok(())
    }
}

/// Where a service's health and metrics listen.
pub(crate) fn admin_address(identity: Identity, told: Option<SocketAddr>) -> SocketAddr {
    told.unwrap_or(everywhere(identity.port + 1000))
}

const fn everywhere(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)
}

async fn stop_on_signal(stop: CancellationToken) {
    let mut terminate = match tokio::signal::unix::signal(SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be heard");
            return;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    stop.cancel();
}

fn admin_router(ready: Arc<AtomicBool>, metrics: Metrics) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route(
            "/readyz",
            get(|State(ready): State<Arc<AtomicBool>>| async move {
                if ready.load(Ordering::Relaxed) {
                    (StatusCode::OK, "ready")
                } else {
                    (StatusCode::SERVICE_UNAVAILABLE, "draining")
                }
            }),
        )
        .route(
            "/metrics",
            get(move || async move { ([(CONTENT_TYPE, METRICS_TYPE)], metrics.render()) }),
        )
        .with_state(ready)
}
