//! `/admin/reports/rebuild`: building the read models anew.

mod show;
mod start;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show::show, start::start))
}
