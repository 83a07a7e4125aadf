//! A consumer with a database and a bus of its own; the test speaks in the owner's place.

use std::sync::{Arc, Mutex, PoisonError};

use desk_bus::{Bus, Consumer, outbox};
use desk_events::{Event, NewEvent};
use serde_json::Value;
use sqlx::{PgConnection, PgPool, migrate::Migrator};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::eventually;

/// Where a consumer is tried: its database holds the outbox of what the test says, too.
pub struct Stage {
    /// The database.
    pub db: PgPool,
    /// The bus of the test's own.
    pub bus: Bus,
    /// Cancelled when the test is over.
    pub stop: CancellationToken,
}

impl Stage {
    /// With a relay that publishes what the test says; nobody consumes yet.
    pub async fn start(service: &'static str, migrators: &[&Migrator]) -> Self {
        let db = crate::database(service, migrators).await;
        let bus = crate::bus(service).await;
        let stop = CancellationToken::new();
        bus.relay(db.clone(), stop.clone());
        Self { db, bus, stop }
    }

    /// Says events, in this order.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn say(&self, events: &[NewEvent]) {
        let mut tx = self.db.begin().await.expect("a transaction");
        outbox::append(&mut tx, events).await.expect("appended");
        tx.commit().await.expect("committed");
        self.bus.wake();
    }

    /// Says everything that was ever said once more, under the same ids.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn say_again(&self) {
        eventually(|| async { self.pending().await == 0 }).await;
        sqlx::query("insert into outbox_pending (day, seq) select day, seq from outbox")
            .execute(&self.db)
            .await
            .expect("queued again");
        self.bus.wake();
    }

    async fn pending(&self) -> i64 {
        sqlx::query_scalar("select count(*) from outbox_pending")
            .fetch_one(&self.db)
            .await
            .expect("counted")
    }

    /// Starts a watched consumer in the service's place.
    pub fn watch<C: Consumer + Clone>(&self, spy: Spy<C>) -> JoinHandle<()> {
        self.bus.consume(self.db.clone(), spy, self.stop.clone())
    }

    /// The server forgets how far the durable was.
    ///
    /// # Panics
    /// When there is no such durable.
    pub async fn forget_durable<C: Consumer>(&self) {
        let stream = self.bus.stream_name();
        let subject = format!("$JS.API.CONSUMER.DELETE.{stream}.{}", C::NAME);
        let answer = self
            .bus
            .client()
            .request(subject, "".into())
            .await
            .expect("an answer");
        let answer: Value = serde_json::from_slice(&answer.payload).expect("JSON");
        assert_eq!(answer["success"], true, "{answer}");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A consumer, watched; it may be made to stop between commit and acknowledgement.
#[derive(Clone)]
pub struct Spy<C> {
    consumer: C,
    seen: Arc<Mutex<Vec<Uuid>>>,
    hangs: bool,
}

impl<C> Spy<C> {
    /// Watches a consumer.
    pub fn of(consumer: C) -> Self {
        Self {
            consumer,
            seen: Arc::default(),
            hangs: false,
        }
    }

    /// One that commits and then never gets any further.
    pub fn hanging(consumer: C) -> Self {
        Self {
            hangs: true,
            ..Self::of(consumer)
        }
    }

    /// The ids of the events whose effects are committed, sorted.
    pub fn seen(&self) -> Vec<Uuid> {
        let mut seen = self
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        seen.sort();
        seen
    }
}

impl<C: Consumer + Clone> Consumer for Spy<C> {
    const NAME: &'static str = C::NAME;

    fn subjects(&self) -> &'static [&'static str] {
        self.consumer.subjects()
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        self.consumer.apply(conn, events).await
    }

    async fn committed(&self, events: &[Event]) {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(events.iter().map(|event| event.id));
        if self.hangs {
            std::future::pending::<()>().await;
        }
    }
}
