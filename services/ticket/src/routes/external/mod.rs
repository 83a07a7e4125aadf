//! `/external`: a project's own view, behind its API key.

mod answer;
mod attachments;
mod close;
mod create;
mod list;
mod ping;
mod reply;
mod show;

use desk_events::ProjectState;
use desk_http::{Error, KeyHolder, Result};
use sqlx::PgConnection;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    domain::{Scope, Ticket},
    store::tickets::{self, Existence},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(ping::ping))
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show))
        .routes(routes!(reply::reply))
        .routes(routes!(close::close))
        .routes(routes!(attachments::show))
}

/// The key's project. A key of a project that is gone or disabled is no key.
async fn project(app: &App, who: KeyHolder) -> Result<ProjectState> {
    let project = app.replica.active_project(who.project_id).await?;
    project.ok_or(Error::BAD_KEY)
}

/// Locks the project's ticket of this number, once its customer's e-mail was given.
async fn lock(
    conn: &mut PgConnection,
    who: KeyHolder,
    number: &str,
    customer_email: &str,
) -> Result<Ticket> {
    let id = tickets::by_number(&mut *conn, number, who.project_id).await?;
    let scope = Scope::Project {
        project_id: who.project_id,
    };
    let id = id.ok_or(Error::NotFound)?;
    let ticket = tickets::lock(conn, id, &scope, Existence::Live).await?;
    let ticket = ticket.ok_or(Error::NotFound)?;
    if ticket.customer_email == customer_email.to_lowercase() {
        Ok(ticket)
    } else {
        Err(Error::Forbidden(
            "The e-mail is not that of the ticket's customer.",
        ))
    }
}
