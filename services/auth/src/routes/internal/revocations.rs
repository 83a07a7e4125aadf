//! `GET /internal/revocations`

use axum::{Json, extract::State};
use desk_http::{Query, Result, ServiceCaller, openapi::ErrorBody};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{app::App, revocation::Revocations, store::revocations};

/// What a gateway knows already.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Known {
    /// `last_id` of the answer before; without it everything that lives.
    #[garde(inner(range(min = 0)))]
    after: Option<i64>,
}

/// What gateways must refuse: all that lives, or what is new since an id. Ids commit out of
/// order, so that the last minute's come again.
#[utoipa::path(
    get,
    path = "/internal/revocations",
    tag = "internal",
    params(Known),
    responses(
        (status = 200, description = "Revocations", body = Revocations),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 422, description = "Not an id", body = ErrorBody),
    ),
)]
pub async fn internal_revocations(
    State(app): State<App>,
    _who: ServiceCaller,
    Query(known): Query<Known>,
) -> Result<Json<Revocations>> {
    let now = app.clock.now();
    let told = match known.after {
        None => revocations::living(&app.db, now).await?,
        Some(after) => revocations::since(&app.db, after, now).await?,
    };
    Ok(Json(told))
}
