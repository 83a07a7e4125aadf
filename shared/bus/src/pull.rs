//! Pulling from a durable: one request at a time, renewed when it is used up, on an inbox of its
//! own. The client's endless message stream asks for more whenever it is read, so what a stopping
//! consumer holds in advance could never be handed back; this one stops asking first.

use std::time::Duration;

use anyhow::Context as _;
use async_nats::{
    StatusCode, Subject, Subscriber,
    jetstream::{
        AckKind, Message,
        consumer::{PullConsumer, pull::BatchConfig},
    },
};
use futures::StreamExt as _;
use tokio::time::{Instant, timeout};

use crate::{bus::Bus, delivery::answer};

/// Events that a request asks for: what the client holds in advance.
const PREFETCH: usize = 200;

/// A request's life, and how often the server shows meanwhile that it still has it.
const EXPIRES: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How often a silent inbox looks whether the connection is still the same.
const TICK: Duration = Duration::from_millis(500);

/// How long handing back may take.
const HAND_BACK: Duration = Duration::from_secs(2);

/// The messages of a durable.
pub(crate) struct Pull {
    bus: Bus,
    durable: PullConsumer,
    inbox: Subject,
    messages: Subscriber,
    /// What the running request may still bring.
    left: usize,
    heard: Instant,
    /// The connection that the request was made on; another one knows nothing of it.
    connection: u64,
}

impl Pull {
    pub(crate) async fn begin(bus: &Bus, durable: PullConsumer) -> anyhow::Result<Self> {
        let connection = bus.connection();
        let inbox = Subject::from(bus.client().new_inbox());
        let messages = bus
            .client()
            .subscribe(inbox.clone())
            .await
            .context("pulling")?;
        let heard = Instant::now();
        Ok(Self {
            bus: bus.clone(),
            durable,
            inbox,
            messages,
            left: 0,
            heard,
            connection,
        })
    }

    pub(crate) fn durable(&self) -> &PullConsumer {
        &self.durable
    }

    /// Asks for more when the last request is used up.
    pub(crate) async fn ask(&mut self) -> Result<(), String> {
        if self.left > 0 {
            return Ok(());
        }
        let request = BatchConfig {
            batch: PREFETCH,
            expires: Some(EXPIRES),
            idle_heartbeat: HEARTBEAT,
            ..BatchConfig::default()
        };
        self.durable
            .request_batch(request, self.inbox.clone())
            .await
            .map_err(|error| error.to_string())?;
        self.left = PREFETCH;
        self.heard = Instant::now();
        Ok(())
    }

    /// The next message. Loses none when given up; a missed heartbeat is logged and polled past;
    /// an error means to begin anew.
    pub(crate) async fn next(&mut self) -> Result<Message, String> {
        loop {
            self.ask().await?;
            match timeout(TICK, self.messages.next()).await {
                Ok(Some(message)) => {
                    self.heard = Instant::now();
                    if let Some(message) = self.sort(message)? {
                        return Ok(message);
                    }
                }
                Ok(None) => return Err("the inbox is closed".to_owned()),
                Err(_) if self.bus.connection() != self.connection => {
                    return Err("NATS was connected anew".to_owned());
                }
                Err(_) if self.heard.elapsed() > HEARTBEAT * 2 => {
                    tracing::warn!(
                        consumer = self.durable.cached_info().name,
                        "missed heartbeat"
                    );
                    self.left = 0;
                }
                Err(_) => {}
            }
        }
    }

    /// Tells events from what the server says about the request.
    fn sort(&mut self, message: async_nats::Message) -> Result<Option<Message>, String> {
        match message.status {
            None | Some(StatusCode::OK) => {
                self.left = self.left.saturating_sub(1);
                let context = self.bus.jetstream().clone();
                Ok(Some(Message { message, context }))
            }
            Some(StatusCode::IDLE_HEARTBEAT) => Ok(None),
            // The request's time is up.
            Some(StatusCode::TIMEOUT | StatusCode::NOT_FOUND) => {
                self.left = 0;
                Ok(None)
            }
            Some(status) => Err(format!(
                "{status} {}",
                message.description.as_deref().unwrap_or_default()
            )),
        }
    }

    /// Ends the request and hands back what came in advance, so that another replica (or this one
    /// after its restart) need not wait for the acknowledgement's time to run out.
    pub(crate) async fn end(mut self) {
        let hand_back = async {
            if self.messages.drain().await.is_err() {
                return;
            }
            while let Some(message) = self.messages.next().await {
                if let Ok(Some(message)) = self.sort(message) {
                    answer(&message, AckKind::Nak(None)).await;
                }
            }
        };
        // Out of patience only where the connection is gone, and with it the deliveries.
        let _ = timeout(HAND_BACK, hand_back).await;
    }
}
