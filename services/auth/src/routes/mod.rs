//! The path tree, as files. Paths are as the gateway passes them on, without `/api`.

mod admin;
mod auth;
mod internal;
mod jwks;
mod portal_token;
mod user;

pub use user::UserDetail;

use desk_http::{Error, Result};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// The document's head: name and version of this service, and what its tags mean.
#[derive(OpenApi)]
#[openapi(tags(
    (name = "Auth", description = "Signing in, staying in, signing out, and one's own account."),
    (name = "Users", description = "Accounts, administered."),
    (name = "Audit", description = "Who changed what, and from where."),
))]
struct Document;

/// Every route of the service.
pub fn all() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(auth::login::login))
        .routes(routes!(auth::register::register))
        .routes(routes!(auth::forgot_password::forgot_password))
        .routes(routes!(auth::reset_password::reset_password))
        .routes(routes!(auth::verify_email::verify_email))
        .routes(routes!(auth::refresh::refresh))
        .routes(routes!(auth::logout::logout))
        .routes(routes!(auth::logout_all::logout_all))
        .routes(routes!(auth::me::me))
        .routes(routes!(auth::profile::update_profile))
        .routes(routes!(
            admin::users::list::list_users,
            admin::users::create::create_user
        ))
        .routes(routes!(
            admin::users::show::show_user,
            admin::users::update::update_user,
            admin::users::delete::delete_user
        ))
        .routes(routes!(admin::audit::list_audit))
        .routes(routes!(admin::users::erase::erase_user))
        .routes(routes!(admin::users::export::export_user))
        .routes(routes!(internal::users::internal_user))
        .routes(routes!(internal::users::internal_users))
        .routes(routes!(internal::revocations::internal_revocations))
        .routes(routes!(jwks::jwks))
        .merge(desk_bus::reconcile::routes())
}

/// A field that validation has found to be there.
fn required<T>(field: Option<T>) -> Result<T> {
    field.ok_or_else(|| Error::Internal(anyhow::anyhow!("a required field is not set")))
}
