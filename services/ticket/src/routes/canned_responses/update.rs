//! `PUT` and `PATCH /canned-responses/{id}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Patch, Path, Result, SignedIn, Valid, fields, openapi::ErrorBody,
};
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
        canned_responses::{self, CannedResponse, Text},
    },
};

/// What to change; absent fields stay.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct UpdateResponse {
    /// At most 255 characters.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(length(chars, min = 1, max = 255)))]
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    title: Option<String>,
    /// At most 65,535 characters.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(length(chars, min = 1, max = 65_535)))]
    #[schema(min_length = 1, max_length = 65_535, nullable = false)]
    body: Option<String>,
    /// What is typed for it; at most 255 characters.
    #[serde(default)]
    #[garde(inner(length(chars, max = 255)))]
    #[schema(value_type = Option<String>, max_length = 255)]
    shortcut: Patch<String>,
    /// For others, too.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    is_shared: Option<bool>,
    /// Shared with this project's staff only; null for all staff.
    #[serde(default)]
    #[garde(inner(range(min = 1)))]
    #[schema(value_type = Option<i64>, minimum = 1)]
    project_id: Patch<i64>,
}

impl UpdateResponse {
    fn apply(self, to: &Text) -> Text {
        let shortcut = self.shortcut.into_option();
        Text {
            title: self.title.unwrap_or_else(|| to.title.clone()),
            body: self.body.unwrap_or_else(|| to.body.clone()),
            shortcut: shortcut.unwrap_or_else(|| to.shortcut.clone()),
            is_shared: self.is_shared.unwrap_or(to.is_shared),
            project_id: self.project_id.into_option().unwrap_or(to.project_id),
        }
    }
}

/// Changes a canned response: one's own, or as an admin a shared one.
#[utoipa::path(
    method(put, patch), path = "/canned-responses/{id}", tag = "Configuration",
    operation_id = "update_canned_response",
    params(("id" = i64, Path, description = "Canned response id")),
    request_body = UpdateResponse,
    responses(
        (status = 200, description = "The canned response", body = WrappedResponse),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Staff only; somebody else's shared one", body = ErrorBody),
        (status = 404, description = "Not there, or not for the caller", body = ErrorBody),
        (status = 422, description = "A bad field, or no project of one's own", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("canned_responses")))
)]
pub async fn update(
    State(app): State<App>,
    who: Allowed<CannedResponses>,
    address: ClientAddress,
    Path(id): Path<i64>,
    Valid(body): Valid<UpdateResponse>,
) -> Result<Json<WrappedResponse>> {
    // What is not there is told before what the body names is looked up.
    let known = changeable(&app, &who.user, id).await?.text;
    let wanted = body.clone().apply(&known);
    if reaches_further(&known, &wanted) {
        check_project(&app, &who.user, wanted.project_id).await?;
    }

    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    let known = canned_responses::lock(&mut tx, id).await?;
    let known = known.ok_or(Error::NotFound)?;
    let before = known.text.clone();
    let text = body.apply(&before);
    if text == before {
        return Ok(Json(known.into()));
    }
    canned_responses::update(&mut tx, id, &text, by.at).await?;
    let target = Target::CannedResponse(id);
    audit::record(&mut tx, &by, target, Some(&before), Some(&text)).await?;
    tx.commit().await?;
    app.bus.wake();
    let changed = CannedResponse {
        text,
        updated_at: by.at,
        ..known
    };
    Ok(Json(changed.into()))
}

/// One that the caller may know of and change.
async fn changeable(app: &App, who: &SignedIn, id: i64) -> Result<CannedResponse> {
    let reader = reader(who);
    let mut conn = app.db.acquire().await?;
    let known = canned_responses::find(&mut conn, reader, id).await?;
    let known = known.ok_or(Error::NotFound)?;
    if reader.everywhere || known.owner_id == who.id {
        Ok(known)
    } else {
        Err(Error::FORBIDDEN)
    }
}

/// Will others see it who did not before?
fn reaches_further(before: &Text, after: &Text) -> bool {
    before.project_id != after.project_id || (after.is_shared && !before.is_shared)
}
