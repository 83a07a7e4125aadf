//! `GET /internal/tickets/count`.

use axum::{Json, extract::State};
use desk_http::{Result, ServiceCaller, openapi::ErrorBody};

use crate::{
    App,
    store::{self, tickets::Counts},
};

/// How many tickets reporting heard of. For services.
#[utoipa::path(
    get,
    path = "/internal/tickets/count",
    tag = "internal",
    responses(
        (status = 200, description = "The counts", body = Counts),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    )
)]
pub(super) async fn count(State(app): State<App>, _: ServiceCaller) -> Result<Json<Counts>> {
    Ok(Json(store::tickets::counts(&app.db).await?))
}
