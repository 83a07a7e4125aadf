//! `/internal`: for other services alone.

mod categories;
mod people;
mod snapshot;
mod tickets;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(snapshot::snapshot))
        .routes(routes!(categories::categories))
        .routes(routes!(tickets::ticket))
        .merge(people::routes())
}
