//! The ticket as the portal sees it (contract, Tickets): whole, or as a row of a list.

mod parts;

use std::collections::HashMap;

use axum::{
    Json,
    http::header::ETAG,
    response::{IntoResponse, Response},
};
use desk_http::{
    Error, Result, Timestamp,
    openapi::{PriorityWord, SourceWord, StatusWord},
};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use utoipa::ToSchema;

pub use self::parts::{
    ActivityBody, AttachmentBrief, Label, MessageBody, Person, PolicyBrief, ProjectBrief,
    RatingBrief,
};
use crate::{
    domain::Scope,
    routes::precondition::etag,
    store::{
        activities, attachments,
        cards::{self, Card},
        messages::{self, Message},
        people,
        tags::{self, Tag},
    },
};

/// The detail carries so many messages and activities, the last ones.
const LAST: i64 = 500;

/// A ticket as a row of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketRow)]
pub struct TicketRow {
    /// Ticket id.
    pub id: i64,
    /// `NAIJ-2024-00043`: prefix of the project, year of filing, running number.
    pub ticket_number: String,
    /// What it is about, in a line.
    pub subject: String,
    /// Where it stands.
    #[schema(value_type = StatusWord)]
    pub status: &'static str,
    /// How urgent it is.
    #[schema(value_type = PriorityWord)]
    pub priority: &'static str,
    /// Filed in the portal, or by a project through the API.
    #[schema(value_type = SourceWord)]
    pub source: &'static str,
    /// Whom it is for.
    pub customer_name: String,
    /// The customer's e-mail.
    pub customer_email: String,
    /// The customer's phone.
    pub customer_phone: Option<String>,
    /// The external project's own id of the customer.
    pub external_customer_id: Option<String>,
    /// The assignee's user id.
    pub assigned_to: Option<i64>,
    /// When staff first replied.
    pub first_response_at: Option<Timestamp>,
    /// Until when staff should have replied; null without a policy.
    pub first_response_due_at: Option<Timestamp>,
    /// Until when it should be resolved; null without a policy.
    pub resolution_due_at: Option<Timestamp>,
    /// The first reply came too late, or is overdue.
    pub first_response_breached: bool,
    /// The resolution came too late, or is overdue.
    pub resolution_breached: bool,
    /// When it was resolved; null once it is reopened.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed; null once it is reopened.
    pub closed_at: Option<Timestamp>,
    /// When something last happened that the customer may see.
    pub last_activity_at: Timestamp,
    /// When it was filed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Rises with every change; the `ETag`, and what `If-Match` names.
    pub version: i64,
    /// Replies of both sides, without notes.
    pub reply_count: i32,
    /// The caller follows the ticket.
    pub watching: bool,
    /// Where it belongs.
    pub project: ProjectBrief,
    /// Its category.
    pub category: Option<Label>,
    /// Who filed it, or the customer.
    pub creator: Person,
    /// Who works on it.
    pub assignee: Option<Person>,
    /// Its tags.
    pub tags: Vec<Label>,
    /// The policy that its due times follow, as it was then.
    pub sla_policy: Option<PolicyBrief>,
}

impl TicketRow {
    fn new(card: Card, tags: Vec<Tag>) -> Self {
        let category = card
            .category_id
            .zip(card.category_name)
            .map(|(id, name)| Label {
                id,
                name,
                color: card.category_color,
            });
        let assignee = card.assigned_to.map(|id| Person {
            id: Some(id),
            name: card.assignee_name.unwrap_or_default(),
        });
        Self {
            id: card.id,
            ticket_number: card.number,
            subject: card.subject,
            status: card.status.0.as_str(),
            priority: card.priority.0.as_str(),
            source: card.source.0.as_str(),
            customer_name: card.customer_name,
            customer_email: card.customer_email,
            customer_phone: card.customer_phone,
            external_customer_id: card.external_customer_id,
            assigned_to: card.assigned_to,
            first_response_at: card.first_response_at.map(Timestamp),
            first_response_due_at: card.first_response_due_at.map(Timestamp),
            resolution_due_at: card.resolution_due_at.map(Timestamp),
            first_response_breached: card.first_response_breached,
            resolution_breached: card.resolution_breached,
            resolved_at: card.resolved_at.map(Timestamp),
            closed_at: card.closed_at.map(Timestamp),
            last_activity_at: Timestamp(card.last_activity_at),
            created_at: Timestamp(card.created_at),
            updated_at: Timestamp(card.updated_at),
            version: card.version,
            reply_count: card.reply_count,
            watching: card.watching,
            project: ProjectBrief {
                id: card.project_id,
                name: card.project_name,
                slug: card.project_slug,
            },
            category,
            creator: Person {
                id: card.creator_id,
                name: card.creator_name,
            },
            assignee,
            tags: tags.into_iter().map(Label::from).collect(),
            sla_policy: card.sla_policy.map(|policy| policy.0.into()),
        }
    }
}

/// A ticket with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ticket {
    /// What a list shows, too.
    #[serde(flatten)]
    pub row: TicketRow,
    /// What it is about.
    pub description: String,
    /// Free-form data of the external project.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// The last messages; notes for staff only.
    pub messages: Vec<MessageBody>,
    /// The ticket's own files.
    pub attachments: Vec<AttachmentBrief>,
    /// The last of its history.
    pub activities: Vec<ActivityBody>,
    /// Who follows it; staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watchers: Option<Vec<Person>>,
    /// The customer's verdict.
    pub rating: Option<RatingBrief>,
}

/// The whole ticket, wrapped, with its version as `ETag`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WrappedTicket)]
pub struct Whole {
    /// The ticket.
    pub ticket: Ticket,
}

impl IntoResponse for Whole {
    fn into_response(self) -> Response {
        let etag = etag(self.ticket.row.version);
        let mut response = Json(self).into_response();
        if let Some(etag) = etag {
            response.headers_mut().insert(ETAG, etag);
        }
        response
    }
}

/// The rows of these tickets as the caller sees them, in order.
///
/// # Errors
/// The database's.
pub async fn rows(conn: &mut PgConnection, ids: &[i64], scope: &Scope) -> Result<Vec<TicketRow>> {
    let cards = cards::cards(&mut *conn, ids, scope.user_id()).await?;
    let mut tags = tags::of_tickets(conn, ids).await?;
    Ok(cards
        .into_iter()
        .map(|card| with_tags(card, &mut tags))
        .collect())
}

fn with_tags(card: Card, tags: &mut HashMap<i64, Vec<Tag>>) -> TicketRow {
    let own = tags.remove(&card.id).unwrap_or_default();
    TicketRow::new(card, own)
}

/// A whole ticket as the caller sees it. The caller has been found to see it.
///
/// # Errors
/// 404 when there is none.
pub async fn whole(conn: &mut PgConnection, id: i64, scope: &Scope) -> Result<Whole> {
    let row = rows(&mut *conn, &[id], scope)
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    let content = cards::content(&mut *conn, id)
        .await?
        .ok_or(Error::NotFound)?;
    let staff = scope.sees_notes();
    let messages = messages::last(&mut *conn, id, staff, LAST).await?;
    let (own, messages) = if content.has_files {
        let own = attachments::of_ticket(&mut *conn, id).await?;
        (own, with_files(&mut *conn, messages).await?)
    } else {
        let bare = |message| MessageBody::new(message, Vec::new());
        (Vec::new(), messages.into_iter().map(bare).collect())
    };
    let activities = activities::last(&mut *conn, id, staff, LAST).await?;
    let rating = RatingBrief::of(&content);
    let watchers = if staff {
        Some(watchers(conn, &content.watchers).await?)
    } else {
        None
    };
    Ok(Whole {
        ticket: Ticket {
            row,
            description: content.description,
            metadata: content.metadata,
            messages,
            attachments: own.into_iter().map(AttachmentBrief::from).collect(),
            activities: activities.into_iter().map(ActivityBody::from).collect(),
            watchers,
            rating,
        },
    })
}

/// Messages with their files.
///
/// # Errors
/// The database's.
pub async fn with_files(
    conn: &mut PgConnection,
    messages: Vec<Message>,
) -> Result<Vec<MessageBody>> {
    let ids: Vec<i64> = messages.iter().map(|message| message.id).collect();
    let mut files = attachments::of_messages(conn, &ids).await?;
    let body = |message: Message| {
        let own = files.remove(&message.id).unwrap_or_default();
        MessageBody::new(message, own)
    };
    Ok(messages.into_iter().map(body).collect())
}

async fn watchers(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<Person>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let named = people::named(conn, ids).await?;
    Ok(named.into_iter().map(Person::from).collect())
}
