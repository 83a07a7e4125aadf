//! `/notifications`: what one wants to be told of.

mod preferences;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(
        preferences::show::show,
        preferences::update::update
    ))
}
