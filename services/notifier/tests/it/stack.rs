//! The notifier on a stage of its own; the test speaks in ticket's place.

use std::ops::Deref;

use desk_bus::Consumer as _;
use desk_events::Event;
use desk_http::{Clock, client::Peer};
use desk_testkit::{Client, Desk, Keys, Owner, Stage, eventually};
use notifier::{App, Mailing, events::Notifier, mail::Bell};
use serde_json::Value;
use sqlx::ConnectOptions as _;
use time::{Duration, OffsetDateTime};

use crate::facts::FILED;

/// The notifier in this process.
pub struct Stack {
    /// Its routes.
    pub desk: Desk,
    /// Another service that asks it.
    pub ticket: Client,
    /// Ticket, as this service asks it.
    pub owner: Owner,
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
        let stage = Stage::start("notifier", &notifier::MIGRATORS).await;
        let keys = Keys::new();
        let owner = Owner::start().await;
        // An hour after the tickets here were filed.
        let soon = FILED + Duration::hours(1);
        keys.clock.advance(soon - keys.clock.now());
        let app = App {
            db: stage.db.clone(),
            clock: keys.clock.clone(),
            gatekeeper: keys.gatekeeper("notifier"),
            bell: Bell::default(),
            ticket: Peer::new(
                "ticket",
                owner.url(),
                keys.issuer("notifier"),
                keys.clock.clone(),
            )
            .unwrap(),
        };
        let desk = Desk::new(notifier::router(app.clone()), keys, "notifier");
        Self {
            ticket: desk.service("ticket"),
            desk,
            owner,
            stage,
            app,
        }
    }

    /// Starts its own consumers.
    pub fn consume(&self) {
        notifier::start_consumers(&self.app, &self.bus, self.stop.clone());
    }

    /// The notifier's consumer.
    pub fn notifier(&self) -> Notifier {
        Notifier {
            clock: self.app.clock.clone(),
            bell: self.app.bell.clone(),
            ticket: self.app.ticket.clone(),
        }
    }

    /// Hears events as if they had come by the bus.
    pub async fn hear(&self, events: &[Event]) {
        let notifier = self.notifier();
        let mut tx = self.db.begin().await.unwrap();
        notifier.apply(&mut tx, events).await.unwrap();
        tx.commit().await.unwrap();
        notifier.committed(events).await;
    }

    /// Starts a postman.
    pub fn send_by(&self, mailing: &Mailing) {
        notifier::start_mail(&self.app, mailing, self.stop.clone());
    }

    /// Waits until nothing is left to be sent.
    pub async fn settled(&self) {
        eventually(|| async {
            let queued = "select count(*) from deliveries where state = 'queued'";
            let queued: i64 = sqlx::query_scalar(queued)
                .fetch_one(&self.db)
                .await
                .unwrap();
            queued == 0
        })
        .await;
    }

    /// Lets the postman look again.
    pub fn ring(&self) {
        self.app.bell.ring();
    }

    /// The clock that the test moves.
    pub fn clock(&self) -> &Clock {
        &self.app.clock
    }

    /// Now, by that clock.
    pub fn now(&self) -> OffsetDateTime {
        self.app.clock.now()
    }

    /// The database's URL, for a process of its own.
    pub fn database_url(&self) -> String {
        self.db.connect_options().to_url_lossy().to_string()
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.app.clock.advance(by);
    }

    /// What is to be told about a ticket, the first first.
    pub async fn deliveries(&self, ticket_id: i64) -> Vec<Value> {
        let path = format!("/internal/deliveries?ticket_id={ticket_id}&per_page=100");
        let mut page = self.ticket.get(&path).await.expect(200);
        let mut rows: Vec<Value> = serde_json::from_value(page["data"].take()).unwrap();
        rows.reverse();
        rows
    }
}
