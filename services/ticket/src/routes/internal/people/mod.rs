//! `/internal/people`: what there is of a person, for auth's exports. A page at a time: `rows`, and
//! `next` when there are more.

mod messages;
mod tickets;

use desk_http::Result;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    store::persons::{self, Person},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(tickets::tickets_of_person))
        .routes(routes!(messages::messages_of_person))
}

/// Rows a page: of up to 128 KiB each.
const PAGE: i64 = 50;

/// Which page.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Where the page starts: `next` of the page before.
    #[garde(inner(range(min = 0)))]
    after: Option<i64>,
}

/// A page.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    rows: Vec<T>,
    next: Option<i64>,
}

impl<T> Page<T> {
    fn of(rows: Vec<T>, id: fn(&T) -> i64) -> Self {
        let full = i64::try_from(rows.len()).is_ok_and(|found| found == PAGE);
        let next = rows.last().filter(|_| full).map(id);
        Self { rows, next }
    }
}

/// The person of an account, which may be younger than its copy here.
async fn person(app: &App, user_id: i64) -> Result<Person> {
    app.replica.user(user_id).await?;
    let mut conn = app.db.acquire().await?;
    Ok(persons::of(&mut conn, user_id).await?)
}
