//! What the worker says, and when. The numbers are those of the deadline cases.

use desk_events::{Fact, Metric, NewEvent, SlaClaim, TicketState};
use desk_testkit::eventually_within;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::{
    facts::{filed, said},
    stack::Stack,
};

/// A ticket whose first reply alone is due.
pub fn due(id: i64, at: OffsetDateTime) -> TicketState {
    TicketState {
        first_response_due_at: Some(at),
        first_response_soon_at: None,
        resolution_due_at: None,
        resolution_soon_at: None,
        resolution_open: false,
        ..filed(id)
    }
}

pub fn created(ticket: TicketState) -> NewEvent {
    said(Fact::TicketCreated, ticket, 1)
}

fn kinds(claims: &[(String, i64, SlaClaim)]) -> Vec<(&str, i64)> {
    let kinds = claims.iter().map(|(kind, at, _)| (kind.as_str(), *at));
    kinds.collect()
}

#[tokio::test]
async fn a_clock_is_due_soon_and_then_overdue_once_each() {
    let stack = Stack::start().await;
    let (soon, at) = (
        stack.now() + Duration::minutes(48),
        stack.now() + Duration::HOUR,
    );
    let ticket = TicketState {
        first_response_soon_at: Some(soon),
        deadline_generation: 3,
        ..due(7, at)
    };
    stack.hear(vec![created(ticket)]).await;
    stack.work();
    stack.pass(Duration::minutes(48));
    assert_eq!(
        kinds(&stack.claimed(1).await),
        [("sla.due_soon", 1)],
        "80 % is over"
    );
    stack.pass(Duration::minutes(12));
    let claims = stack.claimed(2).await;
    assert_eq!(kinds(&claims), [("sla.due_soon", 1), ("sla.breached", 2)]);
    let claim = SlaClaim {
        ticket_id: 7,
        project_id: 3,
        metric: Metric::FirstResponse,
        due_at: at,
        generation: 3,
    };
    assert!(claims.iter().all(|(_, _, said)| *said == claim));

    // Whoever looks again, and however late, finds nothing more to say.
    stack.another().await;
    stack.pass(Duration::DAY);
    stack.hear(vec![created(due(8, at))]).await;
    let after = stack.claimed(3).await;
    assert_eq!(after[2].2.ticket_id, 8);
    assert_eq!(after.len(), 3);
}

#[tokio::test]
async fn what_is_overdue_is_not_due_soon_any_more() {
    let stack = Stack::start().await;
    let ticket = TicketState {
        first_response_soon_at: Some(stack.now() - Duration::HOUR),
        ..due(7, stack.now() - Duration::MINUTE)
    };
    stack.hear(vec![created(ticket)]).await;
    stack.work();
    stack.claimed(1).await;
    stack
        .hear(vec![created(due(8, stack.now() - Duration::SECOND))])
        .await;
    let claims = stack.claimed(2).await;
    assert_eq!(kinds(&claims), [("sla.breached", 1), ("sla.breached", 1)]);
}

#[tokio::test]
async fn both_clocks_of_a_ticket_have_one_sequence() {
    let stack = Stack::start().await;
    let at = stack.now() - Duration::MINUTE;
    let ticket = TicketState {
        resolution_due_at: Some(at + Duration::SECOND),
        resolution_open: true,
        ..due(7, at)
    };
    stack.hear(vec![created(ticket)]).await;
    stack.work();
    let claims = stack.claimed(2).await;
    assert_eq!(kinds(&claims), [("sla.breached", 1), ("sla.breached", 2)]);
    let metrics: Vec<Metric> = claims.iter().map(|(_, _, claim)| claim.metric).collect();
    assert_eq!(metrics, [Metric::FirstResponse, Metric::Resolution]);
}

#[tokio::test]
async fn a_claim_is_not_made_again_until_the_clock_is_another() {
    let stack = Stack::start().await;
    let at = stack.now() - Duration::MINUTE;
    stack.hear(vec![created(due(7, at))]).await;
    stack.work();
    stack.claimed(1).await;

    // A note comes between the claim and ticket's answer to it.
    let noted = said(Fact::MessageAdded, due(7, at), 2);
    let marker = created(due(8, at));
    stack.hear(vec![noted, marker]).await;
    let claims = stack.claimed(2).await;
    let of = |claims: &[(String, i64, SlaClaim)], id: i64| {
        let of = claims.iter().filter(|(_, _, claim)| claim.ticket_id == id);
        of.count()
    };
    assert_eq!((of(&claims, 7), of(&claims, 8)), (1, 1));

    let moved = TicketState {
        deadline_generation: 2,
        ..due(7, at + Duration::SECOND)
    };
    stack.hear(vec![said(Fact::TicketUpdated, moved, 3)]).await;
    let claims = stack.claimed(3).await;
    assert_eq!((claims[2].1, claims[2].2.generation), (2, 2));
}

#[tokio::test]
async fn met_stopped_and_deleted_clocks_are_not_claimed() {
    let stack = Stack::start().await;
    let at = stack.now() + Duration::HOUR;
    let mut events: Vec<NewEvent> = (1..=4).map(|id| created(due(id, at))).collect();
    let answered = TicketState {
        first_response_open: false,
        ..due(1, at)
    };
    let deleted = TicketState {
        deleted_at: Some(stack.now()),
        ..due(2, at)
    };
    let breached = TicketState {
        first_response_breached: true,
        ..due(3, at)
    };
    events.extend([
        said(Fact::MessageAdded, answered, 2),
        said(Fact::TicketDeleted, deleted, 2),
        said(Fact::TicketBreached, breached, 2),
    ]);
    stack.hear(events).await;
    stack.work();
    stack.pass(Duration::HOUR);
    let claims = stack.claimed(1).await;
    assert_eq!(claims[0].2.ticket_id, 4);

    // 19: restored after its due time.
    let restored = TicketState {
        deadline_generation: 2,
        ..due(2, at)
    };
    stack
        .hear(vec![said(Fact::TicketRestored, restored, 3)])
        .await;
    let claims = stack.claimed(2).await;
    assert_eq!((claims[1].2.ticket_id, claims[1].2.due_at), (2, at));
}

#[tokio::test]
async fn case_29_resolved_is_heard_before_created() {
    let stack = Stack::start().await;
    let at = stack.now() - Duration::HOUR;
    let resolved = TicketState {
        first_response_open: false,
        ..due(1, at)
    };
    stack
        .hear(vec![said(Fact::StatusChanged, resolved, 2)])
        .await;
    stack.hear(vec![created(due(1, at))]).await;
    stack.hear(vec![created(due(2, at))]).await;
    stack.work();
    let claims = stack.claimed(1).await;
    assert_eq!((claims.len(), claims[0].2.ticket_id), (1, 2));
}

#[tokio::test]
async fn case_30_each_event_is_heard_twice() {
    let stack = Stack::start().await;
    let at = stack.now() - Duration::HOUR;
    let noted = said(Fact::MessageAdded, due(1, at), 2);
    let twice = vec![created(due(1, at)), noted.clone(), noted.clone()];
    stack.work();
    stack.hear(twice.clone()).await;
    stack.claimed(1).await;
    stack.hear(twice).await;
    stack.hear(vec![noted, created(due(2, at))]).await;
    let claims = stack.claimed(2).await;
    assert_eq!((claims.len(), claims[1].2.ticket_id), (2, 2));
}

#[tokio::test]
async fn a_sleeping_worker_wakes_for_an_earlier_deadline() {
    let stack = Stack::start().await;
    stack
        .hear(vec![created(due(1, stack.now() + Duration::HOUR))])
        .await;
    stack.work();
    // It sleeps for half a minute now, unless the consumer wakes it.
    stack.consume();
    stack.reached_by(2).await;
    let at = stack.now() + Duration::milliseconds(300);
    stack.say(&[created(due(3, at))]).await;
    let patience = std::time::Duration::from_secs(10);
    eventually_within(patience, || async { stack.claims().await.len() == 1 }).await;
    let claims = stack.claims().await;
    assert_eq!(claims[0].2.due_at, at);
    assert!(stack.now() > at);
}

impl Stack {
    /// Says and hears a ticket that nothing is due of.
    async fn reached_by(&self, id: i64) {
        let idle = TicketState {
            first_response_open: false,
            ..due(id, self.now())
        };
        self.say(&[created(idle)]).await;
        self.reached(id, 1).await;
    }
}

#[tokio::test]
async fn owners_of_claims_tell_what_they_said() {
    let stack = Stack::start().await;
    stack
        .hear(vec![created(due(7, stack.now() - Duration::MINUTE))])
        .await;
    stack.work();
    stack.claimed(1).await;
    let heads = || async {
        let heads = stack.ticket.get("/internal/heads?kind=deadline").await;
        heads.expect(200)["heads"].clone()
    };
    desk_testkit::eventually(|| async { heads().await != json!([]) }).await;
    assert_eq!(heads().await[0]["id"], 7);
    assert_eq!(heads().await[0]["sequence"], 1);
    let again = json!({
        "kind": "deadline", "types": ["sla.breached"],
        "spans": [{"id": 7, "first": 1, "last": 1}],
    });
    let done = stack.ticket.post("/internal/republish", again).await;
    assert_eq!(done.expect(200)["events"], 1);
}
