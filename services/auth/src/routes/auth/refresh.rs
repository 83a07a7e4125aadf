//! `POST /auth/refresh`

use axum::{Json, extract::State};
use desk_http::{Error, Result, openapi::ErrorBody};

use super::signed_in::TokenAnswer;
use crate::{
    app::App,
    routes::portal_token::PortalToken,
    store::{revocations, sessions},
};

/// Swaps a session's token, expired or not, for a new one. The old one is dead for good; of two
/// with the same token one wins. User and role are read afresh.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = "Auth",
    responses(
        (status = 200, description = "The new token", body = TokenAnswer),
        (status = 401, description = "No token, one used before, or a session that is over", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn refresh(
    State(app): State<App>,
    PortalToken(old): PortalToken,
) -> Result<Json<TokenAnswer>> {
    let now = app.clock.now();
    let next = app.tokens.next(now);
    let mut tx = app.db.begin().await?;
    let session = sessions::refresh(&mut tx, &old, &next, app.tokens.refreshable_since(now))
        .await?
        .ok_or(Error::UNAUTHENTICATED)?;
    revocations::token(&mut tx, &old, now).await?;
    tx.commit().await?;
    TokenAnswer::sign(&app, &session, &next).map(Json)
}
