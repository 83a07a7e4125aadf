//! What a ticket's answer is made of: people, labels, policy, files, messages, history.

use desk_events::{Change, MessageKind};
use desk_http::{
    Timestamp,
    openapi::{MessageKindWord, PriorityWord},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    domain::Policy,
    store::{
        activities::Activity, attachments::Attachment, cards::Content, messages::Message,
        people::Named, tags::Tag,
    },
};

/// Somebody by id and name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Person {
    /// User id; null for a customer without an account yet.
    pub id: Option<i64>,
    /// Name.
    pub name: String,
}

impl From<Named> for Person {
    fn from(user: Named) -> Self {
        Self {
            id: Some(user.id),
            name: user.name,
        }
    }
}

/// The project of a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectBrief {
    /// Project id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// URL word.
    pub slug: String,
}

/// A category or tag on a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct Label {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `#RRGGBB`.
    pub color: Option<String>,
}

impl From<Tag> for Label {
    fn from(tag: Tag) -> Self {
        Self {
            id: tag.id,
            name: tag.name,
            color: tag.color,
        }
    }
}

/// The SLA policy as frozen on a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyBrief {
    /// The policy that it was.
    pub id: i64,
    /// Its name then.
    pub name: String,
    /// The priority it rules.
    #[schema(value_type = PriorityWord)]
    pub priority: &'static str,
    /// Minutes to the first staff reply.
    pub first_response_minutes: i32,
    /// Minutes to the resolution.
    pub resolution_minutes: i32,
}

impl From<Policy> for PolicyBrief {
    fn from(policy: Policy) -> Self {
        Self {
            id: policy.id,
            name: policy.name,
            priority: policy.priority.as_str(),
            first_response_minutes: policy.first_response_minutes,
            resolution_minutes: policy.resolution_minutes,
        }
    }
}

/// A file, without its bytes.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachmentBrief {
    /// Attachment id.
    pub id: i64,
    /// File name.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Media type.
    pub content_type: String,
    /// When it was added.
    pub created_at: Timestamp,
}

impl From<Attachment> for AttachmentBrief {
    fn from(file: Attachment) -> Self {
        Self {
            id: file.id,
            name: file.name,
            size: file.size,
            content_type: file.content_type,
            created_at: Timestamp(file.created_at),
        }
    }
}

/// A customer's verdict.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingBrief {
    /// 1 to 5.
    pub score: i16,
    /// What the customer says.
    pub comment: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

impl RatingBrief {
    /// A ticket's rating, once there is one.
    pub fn of(content: &Content) -> Option<Self> {
        let (score, rated_at) = content.score.zip(content.rated_at)?;
        Some(Self {
            score,
            comment: content.comment.clone(),
            created_at: Timestamp(rated_at),
        })
    }
}

/// A message of a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageBody {
    /// Message id.
    pub id: i64,
    /// The text.
    pub body: String,
    /// Reply or note.
    #[serde(rename = "type")]
    #[schema(value_type = MessageKindWord)]
    pub kind: MessageKind,
    /// It stopped the first-response clock.
    pub is_first_response: bool,
    /// Written by staff who is not the requester.
    pub is_agent: bool,
    /// Who wrote it; null when a project passed it on for a customer without an account.
    pub user: Option<Person>,
    /// Its files.
    pub attachments: Vec<AttachmentBrief>,
    /// When.
    pub created_at: Timestamp,
}

impl MessageBody {
    /// A message with its files.
    pub fn new(message: Message, files: Vec<Attachment>) -> Self {
        Self {
            id: message.id,
            body: message.body,
            kind: message.kind,
            is_first_response: message.is_first_response,
            is_agent: message.is_agent,
            user: message.user_id.map(|id| Person {
                id: Some(id),
                name: message.author_name,
            }),
            attachments: files.into_iter().map(AttachmentBrief::from).collect(),
            created_at: Timestamp(message.created_at),
        }
    }
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActorBody {
    /// `user`, `key` or `system`.
    #[serde(rename = "type")]
    pub kind: String,
    /// User id or key id.
    pub id: Option<i64>,
    /// The user's name, or the key's project.
    pub name: String,
}

/// One changed field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeBody {
    /// The field.
    pub field: String,
    /// Before.
    pub from: Value,
    /// After.
    pub to: Value,
}

impl From<Change> for ChangeBody {
    fn from(change: Change) -> Self {
        Self {
            field: change.field,
            from: change.from,
            to: change.to,
        }
    }
}

/// An entry of a ticket's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityBody {
    /// Activity id.
    pub id: i64,
    /// `created`, `status_changed`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Who did it.
    pub actor: ActorBody,
    /// Which fields changed.
    pub changes: Vec<ChangeBody>,
    /// When.
    pub created_at: Timestamp,
}

impl From<Activity> for ActivityBody {
    fn from(activity: Activity) -> Self {
        Self {
            id: activity.id,
            kind: activity.kind,
            actor: ActorBody {
                kind: activity.actor_kind,
                id: activity.actor_id,
                name: activity.actor_name,
            },
            changes: activity
                .changes
                .0
                .into_iter()
                .map(ChangeBody::from)
                .collect(),
            created_at: Timestamp(activity.created_at),
        }
    }
}
