//! `GET /internal/categories`: what a service compares its copies with.

use axum::{Json, extract::State};
use desk_bus::reconcile::After;
use desk_events::{CategoryState, STATES, StatePage};
use desk_http::{Query, Result, ServiceCaller, openapi::ErrorBody};

use crate::{App, store};

/// Every category by id, the deleted ones, too, a page at a time. For services.
#[utoipa::path(
    get, path = "/internal/categories", tag = "internal", operation_id = "internal_categories",
    params(After),
    responses(
        (status = 200, description = "A page: `states` of `id`, `state` and `sequence`, and `next`",
         content_type = "application/json"),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 422, description = "Not an id", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
)]
pub async fn categories(
    State(app): State<App>,
    _: ServiceCaller,
    Query(wanted): Query<After>,
) -> Result<Json<StatePage<CategoryState>>> {
    let states = store::categories::after(&app.db, wanted.id(), STATES.into()).await?;
    Ok(Json(StatePage::new(states)))
}
