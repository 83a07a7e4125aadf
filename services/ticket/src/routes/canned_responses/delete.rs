//! `DELETE /canned-responses/{id}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::CannedResponses;

use super::reader;
use crate::{
    App,
    store::{
        audit::{self, Target},
        canned_responses,
    },
};

/// Deletes a canned response: one's own, or as an admin anybody's.
#[utoipa::path(
    delete, path = "/canned-responses/{id}", tag = "Configuration",
    operation_id = "delete_canned_response",
    params(("id" = i64, Path, description = "Canned response id")),
    responses(
        (status = 200, description = "Done", body = Message),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Staff only; somebody else's shared one", body = ErrorBody),
        (status = 404, description = "Not there, or not for the caller", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("canned_responses")))
)]
pub async fn delete(
    State(app): State<App>,
    who: Allowed<CannedResponses>,
    address: ClientAddress,
    Path(id): Path<i64>,
) -> Result<Json<Message>> {
    let by = app.by(&who.user, address);
    let reader = reader(&who.user);
    let mut tx = app.db.begin().await?;
    let known = canned_responses::lock(&mut tx, id).await?;
    let known = known.ok_or(Error::NotFound)?;
    if !reader.everywhere && known.owner_id != who.user.id {
        let visible = canned_responses::find(&mut tx, reader, id).await?;
        return Err(visible.map_or(Error::NotFound, |_| Error::FORBIDDEN));
    }
    canned_responses::delete(&mut tx, id).await?;
    let target = Target::CannedResponse(id);
    audit::record(&mut tx, &by, target, Some(&known.text), None).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "Canned response deleted",
    }))
}
