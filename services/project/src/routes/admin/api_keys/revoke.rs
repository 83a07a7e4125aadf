//! `DELETE /admin/projects/{id}/api-keys/{keyId}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::GenerateApiKeys;

use crate::{
    App,
    store::{keys, projects},
};

/// Revokes a key: it stops working within a second. Again: the same answer.
#[utoipa::path(
    delete, path = "/admin/projects/{id}/api-keys/{keyId}", tag = "Projects",
    operation_id = "admin_revoke_api_key",
    params(
        ("id" = i64, Path, description = "Project id"),
        ("keyId" = i64, Path, description = "Key id"),
    ),
    responses(
        (status = 200, description = "The key is revoked", body = Message),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("generate_api_keys"))),
)]
pub async fn revoke(
    State(app): State<App>,
    who: Allowed<GenerateApiKeys>,
    address: ClientAddress,
    Path((id, key_id)): Path<(i64, i64)>,
) -> Result<Json<Message>> {
    let by = app.by(who.user, address);
    let mut tx = app.db.begin().await?;
    let project = projects::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !keys::revoke(&mut tx, project.id, key_id, &by).await? {
        return Err(Error::NotFound);
    }
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "API key revoked",
    }))
}
