//! The notifier on a stage of its own; the test speaks in ticket's place.

use std::ops::Deref;

use desk_testkit::{Client, Desk, Keys, Stage};
use notifier::{App, events::Notifier};
use serde_json::Value;
use time::Duration;

use crate::facts::FILED;

/// The notifier in this process.
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
        let stage = Stage::start("notifier", &notifier::MIGRATORS).await;
        let keys = Keys::new();
        // An hour after the tickets here were filed.
        let soon = FILED + Duration::hours(1);
        keys.clock.advance(soon - keys.clock.now());
        let app = App {
            db: stage.db.clone(),
            clock: keys.clock.clone(),
            gatekeeper: keys.gatekeeper("notifier"),
        };
        let desk = Desk::new(notifier::router(app.clone()), keys, "notifier");
        Self {
            ticket: desk.service("ticket"),
            desk,
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
        }
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
