//! `POST /auth/logout`

use axum::{Json, extract::State};
use desk_http::{
    Error, Result,
    openapi::{ErrorBody, Message},
};

use crate::{
    app::App,
    routes::portal_token::PortalToken,
    store::{revocations, sessions},
};

/// What both logouts answer.
pub(super) const LOGGED_OUT: Message = Message {
    message: "Logged out successfully",
};

/// Ends the token's session, everywhere within a second. Takes every token that refresh takes.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "Auth",
    responses(
        (status = 200, description = "Logged out", body = Message),
        (status = 401, description = "No token, one used before, or a session that is over", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn logout(
    State(app): State<App>,
    PortalToken(token): PortalToken,
) -> Result<Json<Message>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !sessions::end(&mut tx, &token, now, app.tokens.refreshable_since(now)).await? {
        return Err(Error::UNAUTHENTICATED);
    }
    revocations::session(&mut tx, &token, now).await?;
    tx.commit().await?;
    Ok(Json(LOGGED_OUT))
}
