//! `DELETE /admin/calendars/{id}`.

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
        calendars, configuration,
    },
};

/// Deletes a calendar that no policy names. Tickets keep the hours that were frozen on them.
#[utoipa::path(
    delete, path = "/admin/calendars/{id}", tag = "Configuration", operation_id = "delete_calendar",
    params(("id" = i64, Path, description = "Calendar id")),
    responses(
        (status = 200, description = "Done", body = Message),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 404, description = "Not there", body = ErrorBody),
        (status = 409, description = "A policy names it", body = ErrorBody),
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
    // Nobody makes a policy that names it meanwhile.
    configuration::change(&mut tx).await?;
    let calendar = calendars::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if calendars::in_use(&mut tx, id).await? {
        return Err(Error::Conflict("The calendar is in use by an SLA policy."));
    }
    calendars::delete(&mut tx, id, by.at).await?;
    audit::record(&mut tx, &by, Target::Calendar(id), Some(&calendar), None).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "Calendar deleted",
    }))
}
