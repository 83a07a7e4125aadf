//! A canned response as it is answered, and what is checked whenever one is saved.

use desk_events::Role;
use desk_http::{Error, Result, SignedIn, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{App, routes::tickets::answer::Person, store::canned_responses::CannedResponse};

/// A canned response.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResponseBody {
    /// Its id.
    id: i64,
    /// Its title.
    title: String,
    /// The text, with the placeholders `{{customer_name}}`, `{{ticket_number}}`, `{{agent_name}}`.
    body: String,
    /// What is typed for it.
    shortcut: Option<String>,
    /// For others, too.
    is_shared: bool,
    /// The project whose staff it is for, when it is shared.
    project_id: Option<i64>,
    /// Who made it.
    user: Person,
    /// When it was made.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<CannedResponse> for ResponseBody {
    fn from(response: CannedResponse) -> Self {
        let text = response.text;
        Self {
            id: response.id,
            title: text.title,
            body: text.body,
            shortcut: text.shortcut,
            is_shared: text.is_shared,
            project_id: text.project_id,
            user: Person {
                id: Some(response.owner_id),
                name: response.owner_name.unwrap_or_default(),
            },
            created_at: Timestamp(response.created_at),
            updated_at: Timestamp(response.updated_at),
        }
    }
}

/// One canned response.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrappedResponse {
    /// The canned response.
    canned_response: ResponseBody,
}

impl From<CannedResponse> for WrappedResponse {
    fn from(response: CannedResponse) -> Self {
        Self {
            canned_response: response.into(),
        }
    }
}

/// The project that a body names must be there, and an agent's own.
pub async fn check_project(app: &App, who: &SignedIn, id: Option<i64>) -> Result<()> {
    let Some(id) = id else {
        return Ok(());
    };
    let project = app.replica.project(id).await?;
    let there = project.is_some_and(|project| !project.deleted);
    if there && (who.role != Role::Agent || app.replica.membership(id, who.id).await?.is_some()) {
        return Ok(());
    }
    Err(Error::field("project_id", "There is no such project."))
}
