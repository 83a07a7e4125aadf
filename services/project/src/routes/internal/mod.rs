//! `/internal`: for other services; the gateways route nothing here.

mod project;
mod projects;
mod used;
mod verify;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

/// The routes under `/internal`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(verify::verify))
        .routes(routes!(used::used))
        .routes(routes!(project::project))
        .routes(routes!(projects::projects))
        .merge(desk_bus::reconcile::routes())
}
