//! `/internal`: for other services alone.

mod account_mails;
mod deliveries;

use utoipa_axum::router::OpenApiRouter;

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    deliveries::routes().merge(account_mails::routes())
}
