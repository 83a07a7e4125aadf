//! Filing a ticket, from either door: decide by the configuration and store.
//!
//! Tickets that arrive together are stored in one statement ([`together`]). What that leaves out
//! is done by [`alone`], which decides again when the configuration has changed meanwhile.

mod batch;

use desk_http::{Details, Error, Result};
use sqlx::PgConnection;
use time::OffsetDateTime;

pub use batch::Batches;

use crate::{
    App,
    domain::filing::Filing,
    store::{
        configuration::Configuration,
        create::{self, Filed, KeyedAnswer, NewTicket},
    },
};

/// The first try goes by what is known, the others by what is current.
const TRIES: u32 = 3;

/// Files the ticket at this time, committed, along with those that arrive at the same moment.
/// None when that did not work: [`alone`] finds out why.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn together(
    app: &App,
    filing: &Filing,
    keyed: Option<KeyedAnswer>,
    now: OffsetDateTime,
) -> Result<Option<Filed>> {
    match decide(filing, &app.configuration.known(), now) {
        Ok(ticket) => app.batches.file(app, NewTicket { keyed, ..ticket }).await,
        Err(_) => Ok(None),
    }
}

/// Files the ticket at this time, as a part of the caller's transaction.
///
/// # Errors
/// 422 for a category or tags that there are none of.
pub async fn alone(
    app: &App,
    conn: &mut PgConnection,
    filing: &Filing,
    now: OffsetDateTime,
) -> Result<Filed> {
    let mut configuration = app.configuration.known();
    for turn in 1..=TRIES {
        match decide(filing, &configuration, now) {
            Ok(ticket) => {
                let filed = create::create(conn, &[ticket]).await?;
                if let Some(filed) = filed.into_iter().next() {
                    return Ok(filed);
                }
            }
            Err(refused) if turn > 1 => return Err(refused),
            Err(_) => {}
        }
        configuration = app.configuration.current(conn).await?;
    }
    Err(Error::DOWN)
}

fn decide(
    filing: &Filing,
    configuration: &Configuration,
    now: OffsetDateTime,
) -> Result<NewTicket> {
    check(configuration, filing.category_id, &filing.tags)?;
    let policy = configuration
        .policy(filing.project_id, filing.priority)
        .cloned();
    Ok(NewTicket {
        ticket: filing.ticket(policy, now),
        customer_phone: filing.customer.phone.clone(),
        external_customer_id: filing.external_customer_id.clone(),
        actor: filing.actor,
        configuration: configuration.version,
        context: desk_telemetry::current(),
        keyed: None,
    })
}

/// The category and tags that a body names must exist.
///
/// # Errors
/// 422 on each that does not.
pub fn check(configuration: &Configuration, category: Option<i64>, tags: &[i64]) -> Result<()> {
    let mut details = Details::default();
    if category.is_some_and(|id| !configuration.has_category(id)) {
        details.add("category_id", "There is no such category.");
    }
    if !configuration.has_tags(tags) {
        details.add("tags", "There is no such tag.");
    }
    details.into_result()
}
