//! Tables of who is told of what.

use desk_events::{Aggregate, AggregateKind, Change};
use desk_testkit::facts::{FILED, filed};
use serde_json::json;

use super::*;

const AGENT: Actor = Actor::user(5);
const CUSTOMER: Actor = Actor::user(9);

/// Assigned to 5, followed by 5 and 6.
fn ticket() -> TicketState {
    TicketState {
        assigned_to: Some(5),
        watchers: vec![6, 5],
        ..filed(7)
    }
}

fn said(actor: Actor, changes: &[(&str, Value, Value)]) -> TicketEvent {
    TicketEvent {
        ticket: ticket(),
        actor,
        changes: changes
            .iter()
            .map(|(field, from, to)| Change {
                field: (*field).to_owned(),
                from: from.clone(),
                to: to.clone(),
            })
            .collect(),
        message: None,
    }
}

fn written(kind: MessageKind, is_agent: bool, actor: Actor) -> TicketEvent {
    TicketEvent {
        message: Some(MessageExcerpt {
            id: 70,
            kind,
            is_agent,
            is_first_response: false,
            excerpt: "Try turning it off".to_owned(),
        }),
        ..said(actor, &[])
    }
}

fn event(fact: Fact) -> Event {
    Event {
        id: Uuid::from_u128(1),
        aggregate: Aggregate {
            kind: AggregateKind::Ticket,
            id: 7,
        },
        sequence: 2,
        occurred_at: FILED,
        traceparent: None,
        request_id: None,
        fact,
    }
}

/// The customer as `c`, users by id.
fn told(fact: Fact) -> String {
    told_of(fact, &HashMap::new())
}

fn told_of(fact: Fact, known: &HashMap<i64, Ticket>) -> String {
    let event = event(fact);
    let names: Vec<String> = deliveries(&event, known)
        .iter()
        .map(|delivery| match delivery.recipient {
            Recipient::Customer(address) => {
                assert_eq!(address, "ada@example.com");
                "c".to_owned()
            }
            Recipient::User(id) => id.to_string(),
        })
        .collect();
    names.join(" ")
}

#[test]
fn a_public_reply_is_told_to_everybody_but_its_author() {
    use MessageKind::{Note, Reply};
    for (case, kind, is_agent, actor, expected) in [
        ("the assignee's", Reply, true, AGENT, "c 6"),
        ("a colleague's", Reply, true, Actor::user(8), "c 5 6"),
        ("the customer's", Reply, false, CUSTOMER, "5 6"),
        ("the customer's by key", Reply, false, Actor::key(5), "5 6"),
        ("of the assignee as requester", Reply, false, AGENT, "6"),
        ("note", Note, true, AGENT, ""),
        ("note by the requester", Note, false, CUSTOMER, ""),
    ] {
        let fact = Fact::MessageAdded(Box::new(written(kind, is_agent, actor)));
        assert_eq!(told(fact), expected, "{case}");
    }
}

#[test]
fn changes_are_told_to_whom_they_concern() {
    let status = [("status", json!("open"), json!("resolved"))];
    let breach = [("resolution_breached", json!(false), json!(true))];
    let boxed = |actor, changes| Box::new(said(actor, changes));
    for (case, fact, expected) in [
        (
            "status by staff",
            Fact::StatusChanged(boxed(AGENT, &status)),
            "c 6",
        ),
        (
            "status by a key",
            Fact::StatusChanged(boxed(Actor::key(1), &status)),
            "5 6",
        ),
        (
            "assigned by a colleague",
            Fact::TicketAssigned(boxed(Actor::user(8), &[])),
            "c 5 6",
        ),
        ("taken", Fact::TicketAssigned(boxed(AGENT, &[])), "c 6"),
        (
            "breach",
            Fact::TicketBreached(boxed(Actor::SYSTEM, &breach)),
            "5 6",
        ),
        (
            "breach of nothing",
            Fact::TicketBreached(boxed(Actor::SYSTEM, &[])),
            "",
        ),
        ("created", Fact::TicketCreated(boxed(AGENT, &[])), ""),
        ("updated", Fact::TicketUpdated(boxed(AGENT, &status)), ""),
        ("deleted", Fact::TicketDeleted(boxed(AGENT, &[])), ""),
    ] {
        assert_eq!(told(fact), expected, "{case}");
    }
}

#[test]
fn that_nobody_is_assigned_is_no_news() {
    let mut freed = said(AGENT, &[]);
    freed.ticket.assigned_to = None;
    assert_eq!(told(Fact::TicketAssigned(Box::new(freed))), "");
}

#[test]
fn a_claim_is_told_by_the_ticket_known_here() {
    let claim = SlaClaim {
        ticket_id: 7,
        project_id: 3,
        metric: Metric::Resolution,
        due_at: FILED,
        generation: 4,
    };
    let known = HashMap::from([(7, Ticket::told(&ticket(), 2))]);
    assert_eq!(told_of(Fact::SlaDueSoon(Box::new(claim)), &known), "5 6");
    assert_eq!(told(Fact::SlaDueSoon(Box::new(claim))), "");
    assert_eq!(told_of(Fact::SlaBreached(Box::new(claim)), &known), "");
}

#[test]
fn an_erased_customer_is_told_nothing() {
    let mut erased = written(MessageKind::Reply, true, AGENT);
    erased.ticket.customer_email.clear();
    assert_eq!(told(Fact::MessageAdded(Box::new(erased))), "6");
}

#[test]
fn a_delivery_says_what_changed() {
    let status = said(AGENT, &[("status", json!("open"), json!("resolved"))]);
    let status = event(Fact::StatusChanged(Box::new(status)));
    let known = HashMap::new();
    assert_eq!(
        deliveries(&status, &known)[0].detail,
        Some(Detail::Status {
            from: Some("open".to_owned()),
            to: "resolved".to_owned()
        })
    );
    let missed = ["first_response_breached", "resolution_breached"];
    let missed = missed.map(|field| (field, json!(false), json!(true)));
    let breach = event(Fact::TicketBreached(Box::new(said(Actor::SYSTEM, &missed))));
    let Some(Detail::Deadlines { due, .. }) = &deliveries(&breach, &known)[0].detail else {
        panic!("no deadlines");
    };
    assert_eq!(due.len(), 2);
    assert_eq!(due[1].due_at, ticket().resolution_due_at);
}
