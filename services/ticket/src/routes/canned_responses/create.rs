//! `POST /canned-responses`.

use axum::{Json, extract::State, http::StatusCode};
use desk_http::{Allowed, ClientAddress, Error, Result, Valid, openapi::ErrorBody};
use desk_identity::can::CannedResponses;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    reader,
    response::{WrappedResponse, check_project},
};
use crate::{
    App,
    store::{
        audit::{self, Target},
        canned_responses::{self, Text},
    },
};

/// A new canned response.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct CreateResponse {
    /// At most 255 characters.
    #[garde(required, inner(length(chars, min = 1, max = 255)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 255)]
    title: Option<String>,
    /// At most 65,535 characters; `{{customer_name}}`, `{{ticket_number}}` and `{{agent_name}}`
    /// stand for a ticket's.
    #[garde(required, inner(length(chars, min = 1, max = 65_535)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 65_535)]
    body: Option<String>,
    /// What is typed for it; at most 255 characters.
    #[garde(inner(length(chars, max = 255)))]
    #[schema(max_length = 255)]
    shortcut: Option<String>,
    /// For others, too; false unless told.
    #[garde(skip)]
    is_shared: Option<bool>,
    /// Shared with this project's staff only.
    #[garde(inner(range(min = 1)))]
    #[schema(minimum = 1)]
    project_id: Option<i64>,
}

impl CreateResponse {
    fn text(self) -> Text {
        Text {
            title: self.title.unwrap_or_default(),
            body: self.body.unwrap_or_default(),
            shortcut: self.shortcut,
            is_shared: self.is_shared.unwrap_or(false),
            project_id: self.project_id,
        }
    }
}

/// Makes a canned response of one's own.
#[utoipa::path(
    post, path = "/canned-responses", tag = "Configuration",
    operation_id = "create_canned_response",
    request_body = CreateResponse,
    responses(
        (status = 201, description = "The canned response", body = WrappedResponse),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Staff only", body = ErrorBody),
        (status = 422, description = "A bad field, or no project of one's own", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("canned_responses")))
)]
pub async fn create(
    State(app): State<App>,
    who: Allowed<CannedResponses>,
    address: ClientAddress,
    Valid(body): Valid<CreateResponse>,
) -> Result<(StatusCode, Json<WrappedResponse>)> {
    let text = body.text();
    check_project(&app, &who.user, text.project_id).await?;
    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    let id = canned_responses::insert(&mut tx, who.user.id, &text, by.at).await?;
    audit::record(&mut tx, &by, Target::CannedResponse(id), None, Some(&text)).await?;
    let made = canned_responses::find(&mut tx, reader(&who.user), id).await?;
    let made = made.ok_or(Error::NotFound)?;
    tx.commit().await?;
    app.bus.wake();
    Ok((StatusCode::CREATED, Json(made.into())))
}
