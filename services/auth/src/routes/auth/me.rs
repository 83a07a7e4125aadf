//! `GET /auth/me`

use axum::{Json, extract::State};
use desk_http::{Error, Result, SignedIn, openapi::ErrorBody};

use crate::{app::App, routes::user::UserAnswer, store::users};

/// The caller's own account, with the projects assigned to it.
#[utoipa::path(
    get,
    path = "/auth/me",
    tag = "Auth",
    responses(
        (status = 200, description = "The account", body = UserAnswer),
        (status = 401, description = "Not, or no longer, signed in", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn me(State(app): State<App>, who: SignedIn) -> Result<Json<UserAnswer>> {
    let user = users::find(&app.db, who.id)
        .await?
        .filter(|user| user.is_active);
    UserAnswer::of(&app.db, user.ok_or(Error::UNAUTHENTICATED)?)
        .await
        .map(Json)
}
