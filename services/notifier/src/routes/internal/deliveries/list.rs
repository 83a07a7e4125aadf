//! `GET /internal/deliveries`.

use axum::{Json, extract::State};
use desk_http::{
    Error, Page, Paging, Query, Result, ServiceCaller,
    openapi::ErrorBody,
    page::{MAX_PAGE, MAX_PER_PAGE},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    App,
    store::{self, deliveries::KeptDelivery},
};

/// Which deliveries.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// About this ticket.
    #[garde(required, inner(range(min = 1)))]
    #[param(required)]
    ticket_id: Option<i64>,
    /// Page number, from 1.
    #[garde(inner(range(min = 1, max = MAX_PAGE)))]
    page: Option<u32>,
    /// Rows a page.
    #[garde(inner(range(min = 1, max = MAX_PER_PAGE)))]
    per_page: Option<u32>,
}

/// The deliveries about a ticket, the newest first. For services.
#[utoipa::path(
    get,
    path = "/internal/deliveries",
    tag = "internal",
    params(Filter),
    responses(
        (status = 200, description = "A page of deliveries", body = Page<KeptDelivery>),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    )
)]
pub(super) async fn list(
    State(app): State<App>,
    _: ServiceCaller,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<KeptDelivery>>> {
    let ticket_id = filter
        .ticket_id
        .ok_or_else(|| Error::field("ticket_id", "Required."))?;
    let paging = Paging::new(filter.page, filter.per_page);
    let total = store::deliveries::count(&app.db, ticket_id).await?;
    let rows = store::deliveries::page(&app.db, ticket_id, paging).await?;
    Ok(Json(Page::new(rows, total, paging)))
}
