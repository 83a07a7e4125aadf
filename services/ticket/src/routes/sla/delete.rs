//! `DELETE /admin/sla/{id}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::ManageSlaPolicies;

use crate::{
    App,
    store::{configuration, policies},
};

/// Deletes a policy. Tickets filed before keep what was frozen on them.
#[utoipa::path(
    delete, path = "/admin/sla/{id}", tag = "Configuration",
    params(("id" = i64, Path, description = "Policy id")),
    responses(
        (status = 200, description = "Done", body = Message),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 404, description = "Not there", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_sla_policies")))
)]
pub async fn delete(
    State(app): State<App>,
    _: Allowed<ManageSlaPolicies>,
    Path(id): Path<i64>,
) -> Result<Json<Message>> {
    let mut tx = app.db.begin().await?;
    configuration::change(&mut tx).await?;
    let terms = policies::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    policies::delete(&mut tx, id, terms, app.clock.now()).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "SLA policy deleted",
    }))
}
