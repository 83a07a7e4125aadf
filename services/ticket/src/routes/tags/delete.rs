//! `DELETE /tags/{id}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::CannedResponses;

use crate::{
    App,
    store::{
        audit::{self, Target},
        configuration, tags,
    },
};

/// Deletes a tag, which leaves its tickets; for staff. Its name is free again.
#[utoipa::path(
    delete, path = "/tags/{id}", tag = "Configuration", operation_id = "delete_tag",
    params(("id" = i64, Path, description = "Tag id")),
    responses(
        (status = 200, description = "Done", body = Message),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Staff only", body = ErrorBody),
        (status = 404, description = "Not there", body = ErrorBody),
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
    let mut tx = app.db.begin().await?;
    configuration::change(&mut tx).await?;
    let tag = tags::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    audit::record(&mut tx, &by, Target::Tag(id), Some(&tag), None).await?;
    tags::delete(&mut tx, tag, by.at).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "Tag deleted",
    }))
}
