//! `/sla` and `/admin/sla`: SLA policies.

mod create;
mod delete;
mod list;
mod policy;
mod update;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(list::list_for_admins, create::create))
        .routes(routes!(update::update, delete::delete))
}
