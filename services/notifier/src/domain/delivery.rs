//! Whom an event concerns, and what they are told.

use std::collections::HashMap;

use desk_events::{
    Actor, ActorKind, Event, Fact, MessageExcerpt, MessageKind, Metric, SlaClaim, TicketEvent,
    TicketState,
};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Deadline, Detail, Kind, Ticket};

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipient<'a> {
    /// The customer, by the ticket's address.
    Customer(&'a str),
    /// A portal user, by id.
    User(i64),
}

/// One mail to one recipient.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Delivery<'a> {
    /// The event it tells of.
    pub(crate) event_id: Uuid,
    /// When that happened.
    pub(crate) occurred_at: OffsetDateTime,
    /// Who did it.
    pub(crate) actor: Actor,
    /// Who is told.
    pub(crate) recipient: Recipient<'a>,
    /// What is told.
    pub(crate) kind: Kind,
    /// The ticket.
    pub(crate) about: About<'a>,
    /// The message that was written.
    pub(crate) message: Option<&'a MessageExcerpt>,
    /// What else is told.
    pub(crate) detail: Option<Detail>,
    /// The trace that it is part of.
    pub(crate) traceparent: Option<&'a str>,
}

/// The ticket of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct About<'a> {
    /// Ticket id.
    pub(crate) id: i64,
    /// Its project.
    pub(crate) project_id: i64,
    /// Its number.
    pub(crate) number: &'a str,
    /// Its subject.
    pub(crate) subject: &'a str,
    customer_email: &'a str,
    assigned_to: Option<i64>,
    watchers: &'a [i64],
}

impl<'a> From<&'a TicketState> for About<'a> {
    fn from(state: &'a TicketState) -> Self {
        Self {
            id: state.id,
            project_id: state.project_id,
            number: &state.number,
            subject: &state.subject,
            customer_email: &state.customer_email,
            assigned_to: state.assigned_to,
            watchers: &state.watchers,
        }
    }
}

impl<'a> From<&'a Ticket> for About<'a> {
    fn from(ticket: &'a Ticket) -> Self {
        Self {
            id: ticket.id,
            project_id: ticket.project_id,
            number: &ticket.number,
            subject: &ticket.subject,
            customer_email: &ticket.customer_email,
            assigned_to: ticket.assigned_to,
            watchers: &ticket.watchers,
        }
    }
}

/// What an event tells, whoever hears it.
struct News<'a> {
    kind: Kind,
    actor: Actor,
    about: About<'a>,
    message: Option<&'a MessageExcerpt>,
    detail: Option<Detail>,
    /// The customer is told, too.
    to_customer: bool,
}

/// The mails that an event asks for: to the assignee, to those who follow the ticket and, of what
/// is not the desk's own affair, to its customer; never to the one who did it. A note never leaves
/// the desk. `known` are tickets of claims, which do not carry them.
pub(crate) fn deliveries<'a>(
    event: &'a Event,
    known: &'a HashMap<i64, Ticket>,
) -> Vec<Delivery<'a>> {
    let Some(news) = news(event, known) else {
        return Vec::new();
    };
    recipients(&news)
        .into_iter()
        .map(|recipient| Delivery {
            event_id: event.id,
            occurred_at: event.occurred_at,
            actor: news.actor,
            recipient,
            kind: news.kind,
            about: news.about,
            message: news.message,
            detail: news.detail.clone(),
            traceparent: event.traceparent.as_deref(),
        })
        .collect()
}

fn news<'a>(event: &'a Event, known: &'a HashMap<i64, Ticket>) -> Option<News<'a>> {
    match &event.fact {
        Fact::MessageAdded(added) => reply(added),
        Fact::TicketAssigned(event) => assignment(event),
        Fact::StatusChanged(event) => Some(status_change(event)),
        Fact::TicketBreached(event) => breach(event),
        Fact::SlaDueSoon(claim) => Some(due_soon(claim, known.get(&claim.ticket_id)?)),
        _ => None,
    }
}

/// The customer is told of what staff wrote, not of the own words.
fn reply(added: &TicketEvent) -> Option<News<'_>> {
    let message = added.message.as_ref();
    let message = message.filter(|message| message.kind == MessageKind::Reply)?;
    Some(News {
        message: Some(message),
        to_customer: message.is_agent,
        ..told(added, Kind::Reply)
    })
}

/// That nobody works on it any more is nobody's news.
fn assignment(event: &TicketEvent) -> Option<News<'_>> {
    let to = event.ticket.assigned_to?;
    Some(News {
        detail: Some(Detail::Assigned { to }),
        ..told(event, Kind::Assignment)
    })
}

fn status_change(event: &TicketEvent) -> News<'_> {
    let change = event.changes.iter().find(|change| change.field == "status");
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let to = change.and_then(|change| word(&change.to));
    News {
        detail: Some(Detail::Status {
            from: change.and_then(|change| word(&change.from)),
            to: to.unwrap_or_else(|| event.ticket.status.to_string()),
        }),
        ..told(event, Kind::StatusChange)
    }
}

fn breach(event: &TicketEvent) -> Option<News<'_>> {
    let ticket = &event.ticket;
    let missed = |metric: Metric| {
        let field = format!("{}_breached", metric.as_str());
        event
            .changes
            .iter()
            .any(|change| change.field == field && change.to == Value::Bool(true))
    };
    let due = [
        (Metric::FirstResponse, ticket.first_response_due_at),
        (Metric::Resolution, ticket.resolution_due_at),
    ];
    let due: Vec<Deadline> = due
        .into_iter()
        .filter(|(metric, _)| missed(*metric))
        .map(|(metric, due_at)| Deadline { metric, due_at })
        .collect();
    if due.is_empty() {
        return None;
    }
    Some(News {
        detail: Some(Detail::Deadlines {
            due,
            generation: ticket.deadline_generation,
        }),
        ..told(event, Kind::Breach)
    })
}

fn due_soon<'a>(claim: &SlaClaim, ticket: &'a Ticket) -> News<'a> {
    let deadline = Deadline {
        metric: claim.metric,
        due_at: Some(claim.due_at),
    };
    News {
        kind: Kind::DueSoon,
        actor: Actor::SYSTEM,
        about: ticket.into(),
        message: None,
        detail: Some(Detail::Deadlines {
            due: vec![deadline],
            generation: claim.generation,
        }),
        to_customer: false,
    }
}

/// A key speaks for the customer: what it did is no news to them.
fn told(event: &TicketEvent, kind: Kind) -> News<'_> {
    News {
        kind,
        actor: event.actor,
        about: (&event.ticket).into(),
        message: None,
        detail: None,
        to_customer: kind.is_for_customers() && event.actor.kind != ActorKind::Key,
    }
}

fn recipients<'a>(news: &News<'a>) -> Vec<Recipient<'a>> {
    let about = news.about;
    let mut users: Vec<i64> = about
        .assigned_to
        .into_iter()
        .chain(about.watchers.iter().copied())
        .filter(|user| news.actor != Actor::user(*user))
        .collect();
    users.sort_unstable();
    users.dedup();
    // An erased customer has no address left.
    let customer = Some(about.customer_email)
        .filter(|address| news.to_customer && !address.is_empty())
        .map(Recipient::Customer);
    customer
        .into_iter()
        .chain(users.into_iter().map(Recipient::User))
        .collect()
}

#[cfg(test)]
mod tests;
