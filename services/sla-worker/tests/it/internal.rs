//! The internal route, and what moves its answer.

use desk_bus::Consumer;
use desk_events::{Fact, NewEvent, Role, TicketState};
use serde_json::{Value, json};
use sla_worker::events::SlaWorker;
use time::Duration;

use crate::{
    facts::{FILED, filed, heard, said},
    stack::Stack,
};

impl Stack {
    /// Applies an event at once and answers the clocks that run after it.
    async fn after(&self, event: NewEvent) -> Value {
        let id = event.aggregate.id;
        let mut conn = self.db.acquire().await.unwrap();
        SlaWorker::default()
            .apply(&mut conn, &[heard(event)])
            .await
            .unwrap();
        self.known(id).await["deadlines"].clone()
    }
}

#[tokio::test]
async fn running_clocks_are_told_the_next_one_first() {
    let stack = Stack::start().await;
    stack.after(said(Fact::TicketCreated, filed(7), 1)).await;
    assert_eq!(
        stack.ticket.get("/internal/deadlines/7").await.expect(200),
        json!({
            "ticket_id": 7,
            "sequence": 1,
            "deadlines": [
                {"metric": "first_response", "due_at": "2026-03-02T13:00:00Z", "generation": 1},
                {"metric": "resolution", "due_at": "2026-03-03T09:00:00Z", "generation": 1},
            ],
        })
    );
}

#[tokio::test]
async fn clocks_move_and_stop_with_the_ticket() {
    let stack = Stack::start().await;
    let urgent = TicketState {
        resolution_due_at: Some(FILED + Duration::hours(2)),
        deadline_generation: 2,
        first_response_open: false,
        ..filed(1)
    };
    let resolution =
        json!([{"metric": "resolution", "due_at": "2026-03-02T11:00:00Z", "generation": 2}]);
    assert_eq!(
        stack
            .after(said(Fact::TicketUpdated, urgent.clone(), 5))
            .await,
        resolution
    );
    // Late news of an older state.
    assert_eq!(
        stack.after(said(Fact::TicketCreated, filed(1), 1)).await,
        resolution
    );

    let deleted = TicketState {
        deleted_at: Some(FILED),
        ..urgent.clone()
    };
    assert_eq!(
        stack.after(said(Fact::TicketDeleted, deleted, 6)).await,
        json!([])
    );
    assert_eq!(
        stack
            .after(said(Fact::TicketRestored, urgent.clone(), 7))
            .await,
        resolution
    );

    let breached = TicketState {
        resolution_breached: true,
        ..urgent
    };
    assert_eq!(
        stack.after(said(Fact::TicketBreached, breached, 8)).await,
        json!([])
    );
}

#[tokio::test]
async fn a_purged_ticket_has_no_clock() {
    let stack = Stack::start().await;
    stack.after(said(Fact::TicketCreated, filed(1), 1)).await;
    assert_eq!(
        stack.after(said(Fact::TicketPurged, filed(1), 2)).await,
        json!([])
    );
}

#[tokio::test]
async fn what_was_never_heard_of_is_not_found() {
    let stack = Stack::start().await;
    for id in ["1", "0", "-1", "x", "99999999999999999999", "%00"] {
        stack
            .ticket
            .get(&format!("/internal/deadlines/{id}"))
            .await
            .expect(404);
    }
}

#[tokio::test]
async fn only_services_are_let_in() {
    let stack = Stack::start().await;
    let desk = &stack.desk;
    for caller in [
        desk.user(1, Role::SuperAdmin),
        desk.key(1, 3),
        desk.anonymous(),
        desk.stranger(),
    ] {
        caller.get("/internal/deadlines/1").await.expect(401);
    }
}
