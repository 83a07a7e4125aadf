//! Reporting with a database and a bus of its own; the test speaks in ticket's place.

use std::sync::{Arc, Mutex};

use desk_bus::{Bus, Consumer, outbox};
use desk_events::{Event, NewEvent};
use desk_testkit::{Client, Desk, Keys, eventually};
use reporting::{App, events::Reporting};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A database of the test's own.
pub async fn database() -> PgPool {
    desk_testkit::database("reporting", &reporting::MIGRATORS).await
}

/// Reporting in this process.
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
        let bus = desk_testkit::bus("reporting").await;
        let keys = Keys::new();
        let app = App {
            db: db.clone(),
            gatekeeper: keys.gatekeeper("reporting"),
        };
        let desk = Desk::new(reporting::router(app.clone()), keys, "reporting");
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

    /// Starts reporting's own consumers.
    pub fn consume(&self) {
        reporting::start_consumers(&self.app, &self.bus, self.stop.clone());
    }

    /// Starts a consumer of the test's in reporting's place.
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

    /// What reporting knows of a ticket; null when nothing.
    pub async fn known(&self, id: i64) -> Value {
        let answer = self.ticket.get(&format!("/internal/tickets/{id}")).await;
        if answer.status == 404 {
            Value::Null
        } else {
            answer.expect(200)
        }
    }

    /// Waits until reporting has got so far with a ticket.
    pub async fn reached(&self, id: i64, sequence: i64) {
        eventually(|| async { self.known(id).await["sequence"] == sequence }).await;
    }

    /// The server forgets how far reporting's durable was.
    pub async fn forget_durable(&self) {
        let stream = self.bus.stream_name();
        let subject = format!("$JS.API.CONSUMER.DELETE.{stream}.{}", Reporting::NAME);
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

/// Reporting's consumer, watched; it may be made to stop between commit and acknowledgement.
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
    const NAME: &'static str = Reporting::NAME;

    fn subjects(&self) -> &'static [&'static str] {
        Reporting.subjects()
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        Reporting.apply(conn, events).await
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
