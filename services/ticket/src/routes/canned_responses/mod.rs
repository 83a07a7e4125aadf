//! `/canned-responses`: texts that staff answer with.

mod create;
mod delete;
mod list;
mod render;
mod response;
mod update;

use desk_events::Role;
use desk_http::SignedIn;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{App, store::canned_responses::Reader};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(update::update, delete::delete))
        .routes(routes!(render::render))
}

const fn reader(who: &SignedIn) -> Reader {
    Reader {
        user_id: who.id,
        everywhere: matches!(who.role, Role::SuperAdmin | Role::Admin),
    }
}
