//! `POST /tags`.

use axum::{Json, extract::State, http::StatusCode};
use desk_http::{Allowed, ClientAddress, Error, Result, Valid, fields, openapi::ErrorBody};
use desk_identity::can::CannedResponses;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App,
    routes::tickets::answer::Label,
    store::{
        audit::{self, Target},
        configuration,
        tags::{self, Tag},
    },
};

/// A new tag.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct CreateTag {
    /// At most 255 characters; unique, whatever the case.
    #[garde(required, inner(length(chars, min = 1, max = 255)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 255)]
    name: Option<String>,
    /// `#RRGGBB`.
    #[garde(inner(custom(fields::color)))]
    #[schema(example = "#DC2626")]
    color: Option<String>,
}

/// One tag.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrappedTag {
    /// The tag.
    tag: Label,
}

/// Makes a tag; for staff.
#[utoipa::path(
    post, path = "/tags", tag = "Configuration", operation_id = "create_tag",
    request_body = CreateTag,
    responses(
        (status = 201, description = "The tag", body = WrappedTag),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Staff only", body = ErrorBody),
        (status = 422, description = "A bad field, or there is such a tag", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("canned_responses")))
)]
pub async fn create(
    State(app): State<App>,
    who: Allowed<CannedResponses>,
    address: ClientAddress,
    Valid(body): Valid<CreateTag>,
) -> Result<(StatusCode, Json<WrappedTag>)> {
    let mut tag = Tag {
        id: 0,
        name: body.name.unwrap_or_default(),
        color: body.color,
    };
    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    configuration::change(&mut tx).await?;
    if tags::is_taken(&mut tx, &tag.name).await? {
        return Err(Error::field("name", "There is a tag of this name already."));
    }
    tag.id = tags::insert(&mut tx, &tag, by.at).await?;
    audit::record(&mut tx, &by, Target::Tag(tag.id), None, Some(&tag)).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok((StatusCode::CREATED, Json(WrappedTag { tag: tag.into() })))
}
