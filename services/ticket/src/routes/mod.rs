//! The path tree as files: `routes/tickets/assign.rs` is `PATCH /tickets/{id}/assign`.

mod attachments;
mod calendars;
mod canned_responses;
mod categories;
mod download;
mod external;
mod form;
mod internal;
mod once;
mod precondition;
mod sla;
mod tags;
mod tickets;

use desk_http::Error;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{App, domain::Refused};

/// The document's head: name and version of this service, and what its tags mean.
#[derive(OpenApi)]
#[openapi(tags(
    (name = "Tickets", description = "Tickets with their messages, files, history and ratings."),
    (name = "Configuration", description = "What tickets are sorted by and measured against: categories, tags, SLA policies, calendars, and canned responses."),
    (name = "External", description = "What an external project calls with its API key."),
))]
struct Document;

/// Every route of the service.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(tickets::routes())
        .merge(external::routes())
        .merge(categories::routes())
        .routes(routes!(attachments::show))
        .merge(sla::routes())
        .merge(calendars::routes())
        .merge(tags::routes())
        .merge(canned_responses::routes())
        .merge(internal::routes())
        .merge(desk_bus::reconcile::routes())
}

/// What a rule refuses is a conflict with the ticket's state.
const fn refuse(refused: Refused) -> Error {
    Error::Conflict(refused.message())
}
