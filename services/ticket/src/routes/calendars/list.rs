//! `GET /admin/calendars`.

use axum::{Json, extract::State};
use desk_http::{Allowed, Result, openapi::ErrorBody};
use desk_identity::can::ManageSlaPolicies;
use serde::Serialize;
use utoipa::ToSchema;

use super::calendar::CalendarBody;
use crate::{App, store::calendars};

/// All calendars.
#[derive(Debug, Serialize, ToSchema)]
pub struct Calendars {
    /// By name.
    calendars: Vec<CalendarBody>,
}

/// All calendars, by name.
#[utoipa::path(
    get, path = "/admin/calendars", tag = "Configuration", operation_id = "list_calendars",
    responses(
        (status = 200, description = "The calendars", body = Calendars),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_sla_policies")))
)]
pub async fn list(
    State(app): State<App>,
    _: Allowed<ManageSlaPolicies>,
) -> Result<Json<Calendars>> {
    let mut conn = app.db.acquire().await?;
    let calendars = calendars::all(&mut conn).await?;
    Ok(Json(Calendars {
        calendars: calendars.into_iter().map(CalendarBody::from).collect(),
    }))
}
