//! `PUT` and `PATCH /notifications/preferences`.

use axum::{Json, extract::State};
use desk_http::{Result, SignedIn, Valid, fields::not_null, openapi::ErrorBody};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::PreferencesAnswer;
use crate::{App, domain::Kind, store::preferences};

/// Which mails the caller wants; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(in super::super) struct Wanted {
    /// Public replies.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    reply: Option<bool>,
    /// Somebody was assigned.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    assignment: Option<bool>,
    /// The status changed.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    status_change: Option<bool>,
    /// A deadline comes near (staff).
    #[serde(default, deserialize_with = "not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    due_soon: Option<bool>,
    /// A deadline was missed (staff).
    #[serde(default, deserialize_with = "not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    breach: Option<bool>,
}

impl Wanted {
    /// The kinds that are wanted, or that are not.
    fn kinds(&self, wanted: bool) -> Vec<&'static str> {
        let flags = [
            (Kind::Reply, self.reply),
            (Kind::Assignment, self.assignment),
            (Kind::StatusChange, self.status_change),
            (Kind::DueSoon, self.due_soon),
            (Kind::Breach, self.breach),
        ];
        flags
            .into_iter()
            .filter(|(_, flag)| *flag == Some(wanted))
            .map(|(kind, _)| kind.as_str())
            .collect()
    }
}

/// Changes which mails the caller wants. It holds for everything that was not sent yet.
#[utoipa::path(
    method(put, patch),
    path = "/notifications/preferences",
    tag = "Notifications",
    operation_id = "update_notification_preferences",
    request_body = Wanted,
    responses(
        (status = 200, description = "The caller's own, as they are now", body = PreferencesAnswer),
        (status = 401, description = "Not, or no longer, signed in", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub(in super::super) async fn update(
    State(app): State<App>,
    who: SignedIn,
    Valid(body): Valid<Wanted>,
) -> Result<Json<PreferencesAnswer>> {
    let (mute, want) = (body.kinds(false), body.kinds(true));
    let muted = preferences::change(&app.db, who.id, &mute, &want).await?;
    Ok(Json(PreferencesAnswer::without(&muted)))
}
