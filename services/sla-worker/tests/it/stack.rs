//! The SLA worker on a stage of its own; the test speaks in ticket's place.

use std::ops::Deref;

use desk_testkit::{Client, Desk, Keys, Stage, eventually};
use serde_json::Value;
use sla_worker::App;
use sqlx::PgPool;

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
    stage: Stage,
    app: App,
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
            gatekeeper: keys.gatekeeper("sla-worker"),
        };
        let desk = Desk::new(sla_worker::router(app.clone()), keys, "sla-worker");
        Self {
            ticket: desk.service("ticket"),
            desk,
            stage,
            app,
        }
    }

    /// Starts its own consumers.
    pub fn consume(&self) {
        sla_worker::start_consumers(&self.app, &self.bus, self.stop.clone());
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
