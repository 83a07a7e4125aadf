//! `/reports`: the six reports, each as JSON or CSV.

mod agents;
mod answer;
mod categories;
mod overview;
mod projects;
mod query;
mod sheet;
mod sla;
mod view;
mod volume;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(overview::overview))
        .routes(routes!(projects::projects))
        .routes(routes!(agents::agents))
        .routes(routes!(volume::volume))
        .routes(routes!(sla::sla))
        .routes(routes!(categories::categories))
}
