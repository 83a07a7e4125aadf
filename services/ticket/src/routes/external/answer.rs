//! The ticket as its external project sees it (contract, External).

use std::collections::HashMap;

use desk_http::{
    Timestamp,
    openapi::{PriorityWord, StatusWord},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    routes::tickets::answer::AttachmentBrief,
    store::{
        attachments::Attachment,
        cards::{Card, Content},
        messages::Message,
    },
};

/// A ticket as a row of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExternalRow {
    /// Ticket id.
    pub ticket_id: i64,
    /// Ticket number.
    pub ticket_number: String,
    /// What it is about, in a line.
    pub subject: String,
    /// Where it stands.
    #[schema(value_type = StatusWord)]
    pub status: &'static str,
    /// How urgent it is.
    #[schema(value_type = PriorityWord)]
    pub priority: &'static str,
    /// Whom it is for.
    pub customer_name: String,
    /// The customer's e-mail.
    pub customer_email: String,
    /// The assignee's name.
    pub assigned_to: Option<String>,
    /// Replies of both sides, without notes.
    pub reply_count: i32,
    /// When it was filed.
    pub created_at: Timestamp,
    /// When something last happened.
    pub last_activity_at: Timestamp,
    /// When it was resolved; null once it is reopened.
    pub resolved_at: Option<Timestamp>,
}

impl From<Card> for ExternalRow {
    fn from(card: Card) -> Self {
        Self {
            ticket_id: card.id,
            ticket_number: card.number,
            subject: card.subject,
            status: card.status.0.as_str(),
            priority: card.priority.0.as_str(),
            customer_name: card.customer_name,
            customer_email: card.customer_email,
            assigned_to: card.assigned_to.and(card.assignee_name),
            reply_count: card.reply_count,
            created_at: Timestamp(card.created_at),
            last_activity_at: Timestamp(card.last_activity_at),
            resolved_at: card.resolved_at.map(Timestamp),
        }
    }
}

/// A reply; notes never leave the desk.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExternalMessage {
    /// Message id.
    pub id: i64,
    /// The text.
    pub body: String,
    /// The author's name.
    pub from: String,
    /// Written by staff who is not the customer.
    pub is_agent: bool,
    /// When.
    pub created_at: Timestamp,
    /// Its files.
    pub attachments: Vec<AttachmentBrief>,
}

impl ExternalMessage {
    fn new(message: Message, files: Vec<Attachment>) -> Self {
        Self {
            id: message.id,
            body: message.body,
            from: message.author_name,
            is_agent: message.is_agent,
            created_at: Timestamp(message.created_at),
            attachments: files.into_iter().map(AttachmentBrief::from).collect(),
        }
    }
}

/// A ticket with its replies.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExternalTicket {
    /// What a list shows, too.
    #[serde(flatten)]
    pub row: ExternalRow,
    /// What it is about.
    pub description: String,
    /// The project's own data.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// The project's own id of the customer.
    pub customer_id: Option<String>,
    /// Its replies, the last 500.
    pub messages: Vec<ExternalMessage>,
}

impl ExternalTicket {
    /// Puts the parts together; the files by message.
    pub fn new(
        mut card: Card,
        content: Content,
        messages: Vec<Message>,
        mut files: HashMap<i64, Vec<Attachment>>,
    ) -> Self {
        let with_files = |message: Message| {
            let own = files.remove(&message.id).unwrap_or_default();
            ExternalMessage::new(message, own)
        };
        let customer_id = card.external_customer_id.take();
        Self {
            row: card.into(),
            description: content.description,
            metadata: content.metadata,
            customer_id,
            messages: messages.into_iter().map(with_files).collect(),
        }
    }
}
