//! The notifier with a database and a bus of its own; the test speaks in ticket's place.

use std::sync::{Arc, Mutex};

use desk_bus::{Bus, Consumer, outbox};
use desk_events::{Event, NewEvent};
use desk_testkit::{Client, Desk, Keys, eventually};
use notifier::{App, events::Notifier};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A database of the test's own.
pub async fn database() -> PgPool {
    desk_testkit::database("notifier", &notifier::MIGRATORS).await
}

/// The notifier in this process.
pub struct Stack {
    /// Its database, and the outbox of what the test says.
    pub db: PgPool,
    /// The bus of the test's own.
    pub bus: Bus,
    /// Its routes.
    pub desk: Desk,
    /// Another service that asks it.
    pub ticket: Client,
    app: App,
    stop: CancellationToken,
}

impl Stack {
    /// With a relay that publishes what the test says; nobody consumes yet.
    pub async fn start() -> Self {
        let db = database().await;
        let bus = desk_testkit::bus("notifier").await;
        let keys = Keys::new();
        let app = App {
            db: db.clone(),
            gatekeeper: keys.gatekeeper("notifier"),
        };
        let desk = Desk::new(notifier::router(app.clone()), keys, "notifier");
        let stop = CancellationToken::new();
        bus.relay(db.clone(), stop.clone());
        Self {
            ticket: desk.service("ticket"),
            db,
            bus,
            desk,
            app,
            stop,
        }
    }

    /// Starts the notifier's own consumers.
    pub fn consume(&self) {
        notifier::start_consumers(&self.app, &self.bus, self.stop.clone());
    }

    /// Starts a consumer of the test's in the notifier's place.
    pub fn consume_by(&self, spy: Spy) -> JoinHandle<()> {
        self.bus.consume(self.db.clone(), spy, self.stop.clone())
    }

    /// Says events, in this order.
    pub async fn say(&self, events: &[NewEvent]) {
        let mut tx = self.db.begin().await.unwrap();
        outbox::append(&mut tx, events).await.unwrap();
        tx.commit().await.unwrap();
        self.bus.wake();
    }

    /// Says everything that was ever said once more, under the same ids.
    pub async fn say_again(&self) {
        eventually(|| async { self.pending().await == 0 }).await;
        sqlx::query("insert into outbox_pending (day, seq) select day, seq from outbox")
            .execute(&self.db)
            .await
            .unwrap();
        self.bus.wake();
    }

    async fn pending(&self) -> i64 {
        sqlx::query_scalar("select count(*) from outbox_pending")
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    /// What is to be told about a ticket, the first first.
    pub async fn deliveries(&self, ticket_id: i64) -> Vec<Value> {
        let path = format!("/internal/deliveries?ticket_id={ticket_id}&per_page=100");
        let mut page = self.ticket.get(&path).await.expect(200);
        let mut rows: Vec<Value> = serde_json::from_value(page["data"].take()).unwrap();
        rows.reverse();
        rows
    }

    /// The server forgets how far the notifier's durable was.
    pub async fn forget_durable(&self) {
        let stream = self.bus.stream_name();
        let subject = format!("$JS.API.CONSUMER.DELETE.{stream}.{}", Notifier::NAME);
        let answer = self.bus.client().request(subject, "".into()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!(answer["success"], true, "{answer}");
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The notifier's consumer, watched; it may be made to stop between commit and acknowledgement.
#[derive(Clone, Default)]
pub struct Spy {
    seen: Arc<Mutex<Vec<Uuid>>>,
    hangs: bool,
}

impl Spy {
    /// One that commits and then never gets any further.
    pub fn hanging() -> Self {
        Self {
            hangs: true,
            ..Self::default()
        }
    }

    /// The ids of the events whose effects are committed, sorted.
    pub fn seen(&self) -> Vec<Uuid> {
        let mut seen = self.seen.lock().unwrap().clone();
        seen.sort();
        seen
    }
}

impl Consumer for Spy {
    const NAME: &'static str = Notifier::NAME;

    fn subjects(&self) -> &'static [&'static str] {
        Notifier.subjects()
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        Notifier.apply(conn, events).await
    }

    async fn committed(&self, events: &[Event]) {
        self.seen
            .lock()
            .unwrap()
            .extend(events.iter().map(|event| event.id));
        if self.hangs {
            std::future::pending::<()>().await;
        }
    }
}
