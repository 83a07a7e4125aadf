//! `/internal/account-mails`: mails about an account, which never pass the bus.

mod create;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create::create))
}
