//! `DELETE /admin/sla/{id}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::ManageSlaPolicies;

use crate::{
    App,
    store::{
        audit::{self, Target},
        configuration, policies,
    },
};

/// Deletes a policy. Tickets filed before keep what was frozen on them.
#[utoipa::path(
    delete, path = "/admin/sla/{id}", tag = "Configuration", operation_id = "delete_sla_policy",
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
    who: Allowed<ManageSlaPolicies>,
    address: ClientAddress,
    Path(id): Path<i64>,
) -> Result<Json<Message>> {
    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    configuration::change(&mut tx).await?;
    let terms = policies::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    audit::record(&mut tx, &by, Target::SlaPolicy(id), Some(&terms), None).await?;
    policies::delete(&mut tx, id, terms, by.at).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "SLA policy deleted",
    }))
}
