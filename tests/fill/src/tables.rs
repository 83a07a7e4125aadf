//! Invented tickets as rows of ticket's tables.

use desk_events::{Actor, AggregateKind, TicketEvent, TicketState};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    invent::{Message, Ticket},
    text::Rows,
};

/// A customer that tickets are filed for.
#[derive(Debug, Clone)]
pub struct Requester {
    /// Requester id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Lower case.
    pub email: String,
    /// The account of that address.
    pub user_id: Option<i64>,
}

/// What the database gave a ticket.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Ticket id.
    pub id: i64,
    /// Its number.
    pub number: &'a str,
    /// Its project's id.
    pub project_id: i64,
    /// Whom it is for.
    pub requester: &'a Requester,
}

/// Rows of every table, ready to be copied.
#[derive(Debug, Default)]
pub struct Tables {
    tickets: Rows,
    tags: Rows,
    messages: Rows,
    activities: Rows,
    outbox: Rows,
}

const TICKETS: &str = "copy tickets (id, number, project_id, subject, description, status, priority, \
    source, customer_name, customer_email, creator_user_id, requester_id, assigned_to, category_id, \
    sla_policy, first_response_due_at, first_response_at, first_response_breached, \
    resolution_due_at, resolution_stopped_at, resolution_breached, resolved_at, closed_at, \
    ever_resolved, last_activity_at, reply_count, created_at, updated_at, deleted_at) from stdin";
const TAGS: &str = "copy ticket_tags (ticket_id, tag_id, project_id, filed_at) from stdin";
const MESSAGES: &str = "copy messages (ticket_id, kind, body, author_user_id, is_agent, \
    is_first_response, created_at) from stdin";
const ACTIVITIES: &str =
    "copy activities (ticket_id, type, actor_kind, actor_id, changes, created_at) from stdin";
const OUTBOX: &str = "copy outbox (event_id, aggregate_kind, aggregate_id, sequence, type, \
    occurred_at, payload) from stdin";

impl Tables {
    /// Adds a ticket with all that belongs to it.
    pub fn ticket(&mut self, ticket: &Ticket, given: Given<'_>) {
        self.ticket_row(ticket, given);
        for tag in &ticket.tags {
            self.tags
                .row()
                .plain(given.id)
                .plain(tag)
                .plain(given.project_id)
                .time(ticket.created_at)
                .end();
        }
        let answers = ticket
            .messages
            .iter()
            .position(|message| message.agent.is_some());
        for (place, message) in ticket.messages.iter().enumerate() {
            self.message(message, given, answers == Some(place));
        }
        self.history(ticket, given.id);
    }

    fn ticket_row(&mut self, ticket: &Ticket, given: Given<'_>) {
        let clocks = &ticket.clocks;
        self.tickets
            .row()
            .plain(given.id)
            .text(given.number)
            .plain(given.project_id)
            .text(&ticket.subject)
            .text(&ticket.description)
            .plain(ticket.status)
            .plain(ticket.priority)
            .plain(ticket.source())
            .text(&given.requester.name)
            .text(&given.requester.email)
            .maybe(ticket.filed_by)
            .plain(given.requester.id)
            .maybe(ticket.assigned_to)
            .maybe(ticket.category_id)
            .maybe(ticket.policy.as_ref().map(|policy| &policy.frozen))
            .maybe_time(clocks.first_response_due_at)
            .maybe_time(clocks.first_response_at)
            .plain(clocks.first_response_breached)
            .maybe_time(clocks.resolution_due_at)
            .maybe_time(clocks.resolution_stopped_at)
            .plain(clocks.resolution_breached)
            .maybe_time(clocks.resolved_at)
            .maybe_time(clocks.closed_at)
            .plain(clocks.resolved_at.is_some())
            .time(ticket.last_activity_at)
            .plain(ticket.messages.len())
            .time(ticket.created_at)
            .time(ticket.last_activity_at)
            .maybe_time(ticket.deleted_at)
            .end();
    }

    fn message(&mut self, message: &Message, given: Given<'_>, first: bool) {
        self.messages
            .row()
            .plain(given.id)
            .plain("reply")
            .text(&message.body)
            .maybe(message.agent.or(given.requester.user_id))
            .plain(message.agent.is_some())
            .plain(first)
            .time(message.created_at)
            .end();
    }

    fn history(&mut self, ticket: &Ticket, id: i64) {
        let (kind, who) = match ticket.filed_by {
            Some(agent) => ("user", Some(agent)),
            None => ("key", None),
        };
        let mut entry = |what: &str, kind: &str, who: Option<i64>, changes: &str, at| {
            let row = self.activities.row().plain(id).plain(what).plain(kind);
            row.maybe(who).plain(changes).time(at).end();
        };
        entry("created", kind, who, "[]", ticket.created_at);
        for message in &ticket.messages {
            let kind = if message.agent.is_some() {
                "user"
            } else {
                "key"
            };
            entry("reply_added", kind, message.agent, "[]", message.created_at);
        }
        if let Some(at) = ticket.clocks.closed_at.or(ticket.clocks.resolved_at) {
            let change = format!(
                r#"[{{"field":"status","from":"in_progress","to":"{}"}}]"#,
                ticket.status
            );
            entry("status_changed", "system", None, &change, at);
        }
    }

    /// Adds the ticket's event: filed, and all that happened since in its state.
    ///
    /// # Errors
    /// Never, as a state is JSON.
    pub fn event(&mut self, ticket: &Ticket, given: Given<'_>) -> serde_json::Result<()> {
        let actor = ticket.filed_by.map_or(Actor::SYSTEM, Actor::user);
        let event = TicketEvent {
            ticket: state(ticket, given),
            actor,
            changes: Vec::new(),
            message: None,
        };
        let payload = serde_json::to_string(&event)?;
        self.say(
            AggregateKind::Ticket,
            given.id,
            "ticket.created",
            ticket.last_activity_at,
            &payload,
        );
        Ok(())
    }

    /// Adds the event of a new requester.
    pub fn requester(&mut self, requester: &Requester, now: OffsetDateTime) {
        let payload = serde_json::json!({
            "id": requester.id, "name": requester.name, "email": requester.email, "phone": null,
        });
        let kind = AggregateKind::Requester;
        self.say(
            kind,
            requester.id,
            "requester.added",
            now,
            &payload.to_string(),
        );
    }

    fn say(&mut self, kind: AggregateKind, id: i64, what: &str, at: OffsetDateTime, payload: &str) {
        let row = self.outbox.row().plain(Uuid::now_v7()).plain(kind.as_str());
        row.plain(id)
            .plain(1)
            .plain(what)
            .time(at)
            .text(payload)
            .end();
    }

    /// Copies what was added, and forgets it.
    ///
    /// # Errors
    /// The database's.
    pub async fn flush(&mut self, conn: &mut PgConnection) -> sqlx::Result<()> {
        for (statement, rows) in [
            (TICKETS, &mut self.tickets),
            (TAGS, &mut self.tags),
            (MESSAGES, &mut self.messages),
            (ACTIVITIES, &mut self.activities),
            (OUTBOX, &mut self.outbox),
        ] {
            let text = rows.take();
            if !text.is_empty() {
                let mut copy = conn.copy_in_raw(statement).await?;
                copy.send(text).await?;
                copy.finish().await?;
            }
        }
        Ok(())
    }
}

fn state(ticket: &Ticket, given: Given<'_>) -> TicketState {
    let clocks = &ticket.clocks;
    let live = ticket.deleted_at.is_none();
    let first_response_open = live
        && clocks.first_response_at.is_none()
        && clocks.first_response_due_at.is_some()
        && !clocks.first_response_breached;
    let resolution_open = live
        && clocks.resolution_stopped_at.is_none()
        && clocks.resolution_due_at.is_some()
        && !clocks.resolution_breached;
    // Due soon when 80 % of the time is over: made-up policies have neither hours nor pauses.
    let soon = |due: Option<OffsetDateTime>| {
        due.map(|due| ticket.created_at + (due - ticket.created_at) * 4 / 5)
    };
    TicketState {
        id: given.id,
        number: given.number.to_owned(),
        project_id: given.project_id,
        subject: ticket.subject.clone(),
        status: ticket.status,
        priority: ticket.priority,
        source: ticket.source(),
        category_id: ticket.category_id,
        assigned_to: ticket.assigned_to,
        creator_id: ticket.filed_by.or(given.requester.user_id),
        customer_name: given.requester.name.clone(),
        customer_email: given.requester.email.clone(),
        first_response_at: clocks.first_response_at,
        first_response_due_at: clocks.first_response_due_at,
        resolution_due_at: clocks.resolution_due_at,
        first_response_soon_at: soon(clocks.first_response_due_at).filter(|_| first_response_open),
        resolution_soon_at: soon(clocks.resolution_due_at).filter(|_| resolution_open),
        first_response_open,
        resolution_open,
        deadline_generation: 1,
        first_response_breached: clocks.first_response_breached,
        resolution_breached: clocks.resolution_breached,
        resolved_at: clocks.resolved_at,
        closed_at: clocks.closed_at,
        deleted_at: ticket.deleted_at,
        created_at: ticket.created_at,
        reply_count: i32::try_from(ticket.messages.len()).unwrap_or(i32::MAX),
        watchers: Vec::new(),
    }
}
