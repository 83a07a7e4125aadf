//! `POST /auth/logout-all`

use axum::{Json, extract::State};
use desk_http::{
    Error, Result,
    openapi::{ErrorBody, Message},
};

use super::logout::LOGGED_OUT;
use crate::{
    app::App,
    routes::portal_token::PortalToken,
    store::{revocations, sessions, users},
};

/// Ends every session of the token's user, everywhere within a second. Takes every token that
/// refresh takes.
#[utoipa::path(
    post,
    path = "/auth/logout-all",
    tag = "Auth",
    responses(
        (status = 200, description = "Logged out everywhere", body = Message),
        (status = 401, description = "No token, one used before, or a session that is over", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn logout_all(
    State(app): State<App>,
    PortalToken(token): PortalToken,
) -> Result<Json<Message>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // The account first, as everything that ends sessions does.
    let user = users::lock(&mut tx, token.user_id)
        .await?
        .filter(|user| user.is_active);
    let mut user = user.ok_or(Error::UNAUTHENTICATED)?;
    if !sessions::end(&mut tx, &token, now, app.tokens.refreshable_since(now)).await? {
        return Err(Error::UNAUTHENTICATED);
    }
    user.generation += 1;
    users::save(&mut tx, &user).await?;
    let newest = token.expires_at.max(now + app.tokens.lifetime());
    revocations::user(&mut tx, &user, None, now, newest).await?;
    sessions::end_all(&mut tx, user.id, None, now).await?;
    tx.commit().await?;
    Ok(Json(LOGGED_OUT))
}
