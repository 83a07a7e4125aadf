//! `GET /notifications/preferences`.

use axum::{Json, extract::State};
use desk_http::{Result, SignedIn, openapi::ErrorBody};

use super::PreferencesAnswer;
use crate::{App, store::preferences};

/// Which mails the caller wants.
#[utoipa::path(
    get,
    path = "/notifications/preferences",
    tag = "Notifications",
    operation_id = "show_notification_preferences",
    responses(
        (status = 200, description = "The caller's own", body = PreferencesAnswer),
        (status = 401, description = "Not, or no longer, signed in", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub(in super::super) async fn show(
    State(app): State<App>,
    who: SignedIn,
) -> Result<Json<PreferencesAnswer>> {
    let muted = preferences::muted(&app.db, who.id).await?;
    Ok(Json(PreferencesAnswer::without(&muted)))
}
