//! `GET /internal/tickets/{id}`.

use axum::{Json, extract::State};
use desk_http::{Error, Path, Result, ServiceCaller, openapi::ErrorBody};

use crate::{
    App,
    store::{self, tickets::KnownTicket},
};

/// The last state of a ticket that reporting heard of, with its sequence. For services.
#[utoipa::path(
    get,
    path = "/internal/tickets/{id}",
    tag = "internal",
    params(("id" = i64, Path, description = "Ticket id")),
    responses(
        (status = 200, description = "The last state", body = KnownTicket),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 404, description = "Never heard of", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    )
)]
pub(super) async fn show(
    State(app): State<App>,
    _: ServiceCaller,
    Path(id): Path<i64>,
) -> Result<Json<KnownTicket>> {
    store::tickets::by_id(&app.db, id)
        .await?
        .map(Json)
        .ok_or(Error::NotFound)
}
