//! The connection to NATS that everything else hangs on.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use async_nats::{
    Client, ConnectOptions, Event, ServerAddr,
    connection::State,
    jetstream::{self, context::ContextBuilder},
};
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret as _;
use sqlx::PgPool;
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    consumer::{self, Consumer},
    erasure, relay,
    settings::BusSettings,
    stream,
};

/// How long an answer of the server may take, a publish acknowledgement included.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// How often those who wait for a connection look for it.
const CONNECTION_POLL: Duration = Duration::from_millis(100);

/// A service's end of the bus. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    jetstream: jetstream::Context,
    settings: BusSettings,
    service: &'static str,
    wake: Notify,
}

impl Bus {
    /// Prepares the connection without waiting for it: a service starts and answers while NATS
    /// is away, and its events wait in the outbox.
    ///
    /// # Errors
    /// A malformed address or prefix.
    pub async fn connect(settings: &BusSettings, service: &'static str) -> anyhow::Result<Self> {
        ensure!(
            stream::is_prefix(&settings.prefix),
            "SUPPORTDESK_BUS_PREFIX: words of letters, digits, - and _, joined by dots"
        );
        let servers = settings
            .nats_url
            .expose_secret()
            .split(',')
            .map(|url| url.trim().parse::<ServerAddr>())
            .collect::<Result<Vec<_>, _>>()
            .context("SUPPORTDESK_NATS_URL")?;
        let client = credentials(&servers)
            .name(service)
            .retry_on_initial_connect()
            .connection_timeout(Duration::from_secs(5))
            .ping_interval(Duration::from_secs(10))
            .request_timeout(Some(REQUEST_TIMEOUT))
            .reconnect_delay_callback(reconnect_delay)
            .event_callback(move |event| async move { note(&event) })
            .connect(servers)
            .await
            .context("NATS")?;
        let jetstream = ContextBuilder::new()
            .timeout(REQUEST_TIMEOUT)
            .build(client.clone());
        let inner = Inner {
            client,
            jetstream,
            settings: settings.clone(),
            service,
            wake: Notify::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Tells the relay that events were committed: in memory, and onwards to the replica that
    /// holds the outbox's lock. Many calls at once count as one; none at all costs half a second.
    pub fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Publishes the outbox of this database until told to stop. Every replica runs one; the
    /// holder of the outbox's lock publishes, the others stand by. What was erased here is taken
    /// out of the stream besides.
    pub fn relay(&self, pool: PgPool, stop: CancellationToken) -> JoinHandle<()> {
        let erasing = erasure::run(self.clone(), pool.clone(), stop.clone());
        let relaying = relay::run(self.clone(), pool, stop);
        tokio::spawn(async {
            tokio::join!(relaying, erasing);
        })
    }

    /// Feeds a consumer until told to stop. Replicas share the durable of the consumer's name.
    pub fn consume<C: Consumer>(
        &self,
        pool: PgPool,
        consumer: C,
        stop: CancellationToken,
    ) -> JoinHandle<()> {
        tokio::spawn(consumer::run(self.clone(), pool, consumer, stop))
    }

    /// The NATS client.
    pub fn client(&self) -> &Client {
        &self.inner.client
    }

    /// The full subject of an event type.
    pub fn subject(&self, kind: &str) -> String {
        stream::subject(&self.inner.settings.prefix, kind)
    }

    /// The stream's name.
    pub fn stream_name(&self) -> String {
        stream::name(&self.inner.settings.prefix)
    }

    /// Whether NATS is connected right now.
    pub fn is_connected(&self) -> bool {
        self.inner.client.connection_state() == State::Connected
    }

    /// Ends once NATS is connected.
    pub(crate) async fn connected(&self) {
        while !self.is_connected() {
            tokio::time::sleep(CONNECTION_POLL).await;
        }
    }

    /// Which connection this is: how many there have been.
    pub(crate) fn connection(&self) -> u64 {
        self.inner
            .client
            .statistics()
            .connects
            .load(Ordering::Relaxed)
    }

    /// Ends once another connection has taken a connection's place.
    pub(crate) async fn connected_anew(&self, since: u64) {
        while self.connection() == since {
            tokio::time::sleep(CONNECTION_POLL).await;
        }
    }

    pub(crate) fn jetstream(&self) -> &jetstream::Context {
        &self.inner.jetstream
    }

    pub(crate) fn settings(&self) -> &BusSettings {
        &self.inner.settings
    }

    pub(crate) fn service(&self) -> &'static str {
        self.inner.service
    }

    /// Ends once somebody called [`Bus::wake`].
    pub(crate) async fn woken(&self) {
        self.inner.wake.notified().await;
    }

    /// Where a standing-by replica tells the publishing one of new events: outside the stream.
    pub(crate) fn wake_subject(&self) -> String {
        self.subject(&format!("_wake.{}", self.inner.service))
    }
}

/// The client takes no credentials from an address by itself: those of the first that has any
/// count for all.
fn credentials(servers: &[ServerAddr]) -> ConnectOptions {
    let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let named = servers.iter().find_map(|server| {
        let user = server.username()?;
        Some((
            decoded(user),
            decoded(server.password().unwrap_or_default()),
        ))
    });
    match named {
        Some((user, password)) => ConnectOptions::with_user_and_password(user, password),
        None => ConnectOptions::new(),
    }
}

/// Quick at first, two seconds in the end.
fn reconnect_delay(attempts: usize) -> Duration {
    let steps = u32::try_from(attempts.min(6)).unwrap_or(6);
    Duration::from_millis(50) * 2_u32.pow(steps).min(40)
}

fn note(event: &Event) {
    let up = match event {
        Event::Connected => Some(1.0),
        Event::Disconnected | Event::Closed => Some(0.0),
        _ => None,
    };
    if let Some(up) = up {
        metrics::gauge!("bus_connected").set(up);
    }
    match event {
        Event::Connected => tracing::info!("NATS connected"),
        Event::Closed | Event::Draining => tracing::debug!(%event, "NATS"),
        other => tracing::warn!(event = %other, "NATS"),
    }
}
