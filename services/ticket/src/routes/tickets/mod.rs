//! `/tickets`: the portal's view.

pub mod answer;
mod assign;
mod create;
pub mod cursor;
mod delete;
mod list;
mod messages;
mod rating;
mod show;
mod status;
mod update;
mod watch;

use desk_http::Result;
use sqlx::{PgConnection, Postgres, Transaction};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::answer::Whole;
use crate::{
    App,
    domain::{Scope, Ticket, Write},
    store::tickets::{self, Existence},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, update::update, delete::delete))
        .routes(routes!(status::set_status))
        .routes(routes!(assign::assign))
        .routes(routes!(messages::list, messages::create))
        .routes(routes!(rating::rate))
        .routes(routes!(watch::watch))
        .routes(routes!(delete::restore))
}

/// Locks a live ticket of the caller's.
async fn lock(conn: &mut PgConnection, id: i64, scope: &Scope) -> Result<Ticket> {
    let ticket = tickets::lock(conn, id, scope, Existence::Live).await?;
    ticket.ok_or(desk_http::Error::NotFound)
}

/// Stores what a rule decided and answers the ticket as it is then.
async fn finish(
    app: &App,
    mut tx: Transaction<'static, Postgres>,
    write: Write,
    scope: &Scope,
) -> Result<Whole> {
    if !write.is_empty() {
        tickets::apply(&mut tx, &write).await?;
    }
    let whole = answer::whole(&mut tx, write.ticket.id, scope).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(whole)
}
