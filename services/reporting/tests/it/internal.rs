//! The internal routes.

use desk_bus::Consumer;
use desk_events::{Fact, Role, Status, TicketState};
use reporting::events::Reporting;
use serde_json::json;
use time::Duration;

use crate::{
    facts::{FILED, filed, heard, said},
    stack::Stack,
};

#[tokio::test]
async fn the_last_state_is_told_with_its_sequence() {
    let stack = Stack::start().await;
    let after = |minutes| Some(FILED + Duration::minutes(minutes));
    let ticket = TicketState {
        status: Status::Closed,
        assigned_to: Some(5),
        first_response_at: after(12),
        first_response_breached: true,
        resolved_at: after(30),
        closed_at: after(40),
        deleted_at: after(50),
        reply_count: 2,
        ..filed(7)
    };
    let event = heard(said(Fact::TicketPurged, ticket, 4));
    Reporting
        .apply(&mut stack.db.acquire().await.unwrap(), &[event])
        .await
        .unwrap();

    let known = stack.ticket.get("/internal/tickets/7").await.expect(200);
    assert_eq!(
        known,
        json!({
            "id": 7, "project_id": 3, "status": "closed", "priority": "medium", "source": "api",
            "category_id": 2, "assigned_to": 5, "created_at": "2026-03-02T09:00:00Z",
            "first_response_at": "2026-03-02T09:12:00Z",
            "first_response_due_at": "2026-03-02T13:00:00Z", "first_response_breached": true,
            "resolved_at": "2026-03-02T09:30:00Z", "resolution_due_at": "2026-03-03T09:00:00Z",
            "resolution_breached": false, "closed_at": "2026-03-02T09:40:00Z", "reply_count": 2,
            "deleted_at": "2026-03-02T09:50:00Z", "purged": true, "sequence": 4,
        })
    );
}

#[tokio::test]
async fn deleted_tickets_are_counted_apart() {
    let stack = Stack::start().await;
    let mut gone = filed(2);
    gone.deleted_at = Some(FILED);
    let events = [
        heard(said(Fact::TicketCreated, filed(1), 1)),
        heard(said(Fact::TicketDeleted, gone, 2)),
    ];
    Reporting
        .apply(&mut stack.db.acquire().await.unwrap(), &events)
        .await
        .unwrap();
    let counts = stack
        .ticket
        .get("/internal/tickets/count")
        .await
        .expect(200);
    assert_eq!(counts, json!({"tickets": 2, "deleted": 1}));
}

#[tokio::test]
async fn what_was_never_heard_of_is_not_found() {
    let stack = Stack::start().await;
    for id in ["1", "0", "-1", "x", "99999999999999999999", "%00"] {
        stack
            .ticket
            .get(&format!("/internal/tickets/{id}"))
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
        for path in ["/internal/tickets/1", "/internal/tickets/count"] {
            caller.get(path).await.expect(401);
        }
    }
}
