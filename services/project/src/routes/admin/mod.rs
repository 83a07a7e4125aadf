//! `/admin/projects`: for admins.

mod agents;
mod api_keys;
mod create;
mod delete;
mod detail;
mod list;
mod show;
mod update;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

/// The routes under `/admin`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, update::update, delete::delete))
        .routes(routes!(agents::assign::assign))
        .routes(routes!(agents::remove::remove))
        .routes(routes!(api_keys::list::list, api_keys::create::create))
        .routes(routes!(api_keys::revoke::revoke))
}
