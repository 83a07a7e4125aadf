//! Reporting on a stage of its own; the test speaks in ticket's place.

use std::ops::Deref;

use desk_bus::{
    Freshness,
    reconcile::{Owners, Reconciler, Snapshot},
};
use desk_testkit::{Client, Desk, Keys, Owner, Stage, eventually};
use reporting::{App, Rebuilder, events::Reporting};
use serde_json::Value;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// A database of the test's own.
pub async fn database() -> PgPool {
    desk_testkit::database("reporting", &reporting::MIGRATORS).await
}

/// Reporting's routes on a database, without a bus.
pub async fn desk(db: PgPool) -> Desk {
    let keys = Keys::new();
    let app = app(db, &keys, &Owner::start().await);
    Desk::new(reporting::router(app), keys, "reporting")
}

fn app(db: PgPool, keys: &Keys, owner: &Owner) -> App {
    let snapshot = Snapshot::of(&owner.owners(keys, "reporting")).unwrap();
    let stop = CancellationToken::new();
    App {
        rebuilder: Rebuilder::new(db.clone(), snapshot, keys.clock.clone(), stop),
        db,
        gatekeeper: keys.gatekeeper("reporting"),
        freshness: Freshness::default(),
    }
}

/// Reporting in this process.
pub struct Stack {
    /// Its routes.
    pub desk: Desk,
    /// Another service that asks it.
    pub ticket: Client,
    /// What the owners have.
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
        let stage = Stage::start("reporting", &reporting::MIGRATORS).await;
        let keys = Keys::new();
        let owner = Owner::start().await;
        let app = app(stage.db.clone(), &keys, &owner);
        let owners = owner.owners(&keys, "reporting");
        let desk = Desk::new(reporting::router(app.clone()), keys, "reporting");
        Self {
            ticket: desk.service("ticket"),
            desk,
            owner,
            stage,
            app,
            owners,
        }
    }

    /// Starts its own consumers.
    pub fn consume(&self) {
        reporting::start_consumers(&self.app, &self.bus, self.stop.clone());
    }

    /// Compares what reporting keeps with what its owners have.
    pub fn reconciler(&self) -> Reconciler<Reporting> {
        reporting::reconciler(&self.app, &self.bus, &self.owners).unwrap()
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
}
