//! The SLA worker on a stage of its own; the test speaks in ticket's place.

use std::ops::Deref;

use desk_bus::{
    Consumer,
    reconcile::{Owners, Reconciler},
};
use desk_events::{Event, NewEvent, SlaClaim};
use desk_testkit::{Client, Desk, Keys, Owner, Stage, eventually, facts::heard};
use serde_json::Value;
use sla_worker::{App, alarm::Alarm, events::SlaWorker};
use sqlx::{PgPool, postgres::PgConnectOptions, types::Json};
use time::{Duration, OffsetDateTime};
use tokio::task::JoinHandle;

/// A database of the test's own.
pub async fn database() -> PgPool {
    desk_testkit::database("sla-worker", &sla_worker::MIGRATORS).await
}

/// The SLA worker in this process.
pub struct Stack {
    /// Its routes.
    pub desk: Desk,
    /// Another service that asks it.
    pub ticket: Client,
    /// What ticket has.
    pub owner: Owner,
    stage: Stage,
    app: App,
    owners: Owners,
}

impl Deref for Stack {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl Stack {
    /// Nobody consumes yet.
    pub async fn start() -> Self {
        let stage = Stage::start("sla-worker", &sla_worker::MIGRATORS).await;
        let keys = Keys::new();
        let app = App {
            db: stage.db.clone(),
            bus: stage.bus.clone(),
            clock: keys.clock.clone(),
            gatekeeper: keys.gatekeeper("sla-worker"),
            alarm: Alarm::default(),
        };
        let owner = Owner::start().await;
        let owners = owner.owners(&keys, "sla-worker");
        let desk = Desk::new(sla_worker::router(app.clone()), keys, "sla-worker");
        Self {
            ticket: desk.service("ticket"),
            desk,
            owner,
            stage,
            app,
            owners,
        }
    }

    /// Starts its own consumer.
    pub fn consume(&self) {
        sla_worker::start_consumer(&self.app, &self.stop);
    }

    /// Compares what the worker keeps with what ticket has.
    pub fn reconciler(&self) -> Reconciler<SlaWorker> {
        sla_worker::reconciler(&self.app, &self.owners).unwrap()
    }

    /// Starts its own worker.
    pub fn work(&self) -> JoinHandle<()> {
        sla_worker::start_worker(&self.app, &self.stop)
    }

    /// Starts the worker of another replica on the same database.
    pub async fn another(&self) -> JoinHandle<()> {
        let options = PgConnectOptions::clone(&self.db.connect_options());
        let app = App {
            db: PgPool::connect_with(options).await.unwrap(),
            alarm: Alarm::default(),
            ..self.app.clone()
        };
        sla_worker::start_worker(&app, &self.stop)
    }

    /// Now, by the worker's clock.
    pub fn now(&self) -> OffsetDateTime {
        self.app.clock.now()
    }

    /// Time passes, and the worker notices.
    pub fn pass(&self, time: Duration) {
        self.app.clock.advance(time);
        self.app.alarm.tell(OffsetDateTime::UNIX_EPOCH);
    }

    /// Applies events at once, without the bus.
    pub async fn hear(&self, events: Vec<NewEvent>) {
        let events: Vec<Event> = events.into_iter().map(heard).collect();
        let consumer = SlaWorker::new(self.app.alarm.clone(), self.app.clock.clone());
        let mut tx = self.db.begin().await.unwrap();
        consumer.apply(&mut tx, &events).await.unwrap();
        tx.commit().await.unwrap();
        consumer.committed(&events).await;
    }

    /// What the worker has said, in order: type, sequence and claim.
    pub async fn claims(&self) -> Vec<(String, i64, SlaClaim)> {
        let rows: Vec<(String, i64, Json<SlaClaim>)> = sqlx::query_as(
            "select type, sequence, payload from outbox
             where aggregate_kind = 'deadline' order by seq",
        )
        .fetch_all(&self.db)
        .await
        .unwrap();
        rows.into_iter()
            .map(|(kind, sequence, claim)| (kind, sequence, claim.0))
            .collect()
    }

    /// Waits until the worker has said so much.
    pub async fn claimed(&self, count: usize) -> Vec<(String, i64, SlaClaim)> {
        eventually(|| async { self.claims().await.len() >= count }).await;
        self.claims().await
    }

    /// What the worker knows of a ticket; null when nothing.
    pub async fn known(&self, id: i64) -> Value {
        let answer = self.ticket.get(&format!("/internal/deadlines/{id}")).await;
        if answer.status == 404 {
            Value::Null
        } else {
            answer.expect(200)
        }
    }

    /// Waits until the worker has got so far with a ticket.
    pub async fn reached(&self, id: i64, sequence: i64) {
        eventually(|| async { self.known(id).await["sequence"] == sequence }).await;
    }
}
