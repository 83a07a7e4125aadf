//! How a service starts, tells its health, and stops without failing a request.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    time::Duration,
};

use anyhow::Context;
use axum::{Router, middleware};
use desk_identity::{Clock, Issuer, SigningKey, TrustedSigners, Verifier};
use desk_telemetry::{LogFormat, Telemetry, TelemetrySettings};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    task::AbortHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Gatekeeper,
    connections::{self, PerAddress, Places},
    health::{self, Stage},
    layers::dress,
};

/// How long running requests may take to end once no more are taken.
const LAST_REQUESTS: Duration = Duration::from_secs(20);

/// Connections to health and metrics, at once.
const WATCHERS: usize = 256;

/// How long the clients in this crate keep a connection that nobody uses. Shorter than any
/// draining that loses no request: a connection that got no answer meanwhile, and so was not told
/// to close, is used no more when the server closes it.
pub(crate) const IDLE: Duration = Duration::from_secs(1);

/// What every process reads from its environment.
#[derive(Debug, Clone, clap::Args)]
pub struct ServerSettings {
    /// Where to listen; by default every address, on the service's own port.
    #[arg(long, env = "SUPPORTDESK_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// Where health and metrics listen; by default the service's port + 1000.
    #[arg(long, env = "SUPPORTDESK_ADMIN_LISTEN")]
    pub admin_listen: Option<SocketAddr>,
    /// Seconds in which a process that was told to stop still serves, unready, so that nobody
    /// sends it requests any more when it stops listening. More than the time that the word takes
    /// to every balancer, and at least 2, or a request is lost now and then; 0 where nobody
    /// balances.
    #[arg(long, env = "SUPPORTDESK_DRAIN_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(..=300))]
    pub drain_seconds: u64,
    /// Connections that are served at once, each of which may buffer 64 KiB; never more than half
    /// of the files that the process may open. One more is closed.
    #[arg(long, env = "SUPPORTDESK_CONNECTIONS", default_value = "4096")]
    pub connections: NonZeroUsize,
    /// Threads that serve and consume; by default half of the cores that the process may use, at
    /// least one, since its database and its neighbours want theirs. Passwords are hashed on
    /// threads of their own.
    #[arg(long, env = "SUPPORTDESK_WORKER_THREADS")]
    pub worker_threads: Option<NonZeroUsize>,
    /// Seconds that a connection may rest, or take for the head of a request. More than a proxy in
    /// front keeps one, or the proxy sends a request into a connection that is just being closed.
    #[arg(long, env = "SUPPORTDESK_IDLE_SECONDS", default_value_t = 75, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub idle_seconds: u64,
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
    stage: Stage,
    /// Cancelled when the process stops; background work ends then. A process that serves drains
    /// first.
    pub stop: CancellationToken,
    /// The app's clock.
    pub clock: Clock,
    /// Signs this process's internal tokens.
    pub issuer: Issuer,
    /// Lets internal callers in.
    pub gatekeeper: Gatekeeper,
}

impl Process {
    /// Sets up telemetry, keys and signals, to serve.
    ///
    /// # Errors
    /// A setting that is none, or telemetry that cannot be set up.
    pub fn start(identity: Identity, settings: &ServerSettings) -> anyhow::Result<Self> {
        Self::set_up(identity, settings, false)
    }

    /// The same for another command: its log goes to the standard error.
    ///
    /// # Errors
    /// As [`Process::start`].
    pub fn command(identity: Identity, settings: &ServerSettings) -> anyhow::Result<Self> {
        Self::set_up(identity, settings, true)
    }

    fn set_up(
        identity: Identity,
        settings: &ServerSettings,
        to_stderr: bool,
    ) -> anyhow::Result<Self> {
        let telemetry = desk_telemetry::init(&TelemetrySettings {
            service: identity.name,
            filter: settings.log.clone(),
            format: settings.log_format,
            to_stderr,
        })?;
        connections::raise_file_limit();
        let key = SigningKey::from_setting(settings.signing_key.expose_secret())
            .context("SUPPORTDESK_SIGNING_KEY")?;
        let clock = Clock::system();
        let verifier = Verifier::new(identity.name, &settings.trusted_signers)
            .context("SUPPORTDESK_TRUSTED_SIGNERS")?;
        let (stage, stop) = (Stage::default(), CancellationToken::new());
        let signals = Signals::new().context("signals cannot be heard")?;
        let drain = Duration::from_secs(settings.drain_seconds);
        tokio::spawn(stop_on_signal(signals, stage.clone(), drain, stop.clone()));
        Ok(Self {
            identity,
            settings: settings.clone(),
            telemetry,
            stage,
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

    /// Answers for its health and metrics until the handle is dropped; it is not ready yet.
    ///
    /// # Errors
    /// A busy port.
    pub async fn tell_health(&self) -> anyhow::Result<Health> {
        let address = admin_address(self.identity, self.settings.admin_listen);
        let listener = listen(address).await?;
        let routes = health::routes(self.stage.clone(), self.telemetry.metrics());
        let places = Places::new(WATCHERS, None);
        let task = tokio::spawn(connections::serve(
            listener,
            routes,
            places,
            self.idle(),
            CancellationToken::new(),
        ));
        tracing::info!(%address, service = self.identity.name, "health and metrics");
        Ok(Health(task.abort_handle()))
    }

    const fn idle(&self) -> Duration {
        Duration::from_secs(self.settings.idle_seconds)
    }

    /// Serves until told to stop. Then it drains: it is not ready any more, still takes requests
    /// for `SUPPORTDESK_DRAIN_SECONDS` and closes each connection after its next answer; only then
    /// does it stop listening, close idle connections and wait for the last requests. An address
    /// may be limited to so many connections.
    ///
    /// # Errors
    /// A busy port.
    pub async fn serve(
        self,
        router: Router,
        per_address: Option<PerAddress>,
    ) -> anyhow::Result<()> {
        let address = self
            .settings
            .listen
            .unwrap_or(everywhere(self.identity.port));
        let listener = listen(address).await?;
        self.stage.listens();
        tracing::info!(listen = %address, service = self.identity.name, "ready");

        let parting = middleware::from_fn_with_state(self.stage.clone(), health::part);
        let router = dress(router).layer(parting);
        let places = Places::new(self.settings.connections.get(), per_address);
        let (idle, stop) = (self.idle(), self.stop.clone());
        tokio::select! {
            () = connections::serve(listener, router, places, idle, stop.clone()) => {}
            () = async { stop.cancelled().await; tokio::time::sleep(LAST_REQUESTS).await } => {
                tracing::warn!("requests still ran when the time for the last ones was over");
            }
        }
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

/// A process's health, told while this is kept.
pub struct Health(AbortHandle);

impl Drop for Health {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("listen on {address}"))
}

/// What asks a process to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The first signal drains a process that serves, the second ends that; a command stops at once.
async fn stop_on_signal(
    mut signals: Signals,
    stage: Stage,
    drain: Duration,
    stop: CancellationToken,
) {
    signals.next().await;
    stage.leave();
    if stage.is_listening() {
        tracing::info!(seconds = drain.as_secs(), "draining");
        tokio::select! {
            () = tokio::time::sleep(drain) => {}
            () = signals.next() => {}
        }
    }
    stop.cancel();
}
