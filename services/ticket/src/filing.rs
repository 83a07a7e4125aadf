//! Filing a ticket, from either door: decide by the configuration, store, and decide again when
//! the configuration has changed meanwhile.

use desk_http::{Details, Error, Result};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    App,
    domain::filing::Filing,
    store::{
        configuration::Configuration,
        create::{self, Filed, NewTicket},
    },
};

/// The first try goes by what is known, the others by what is current.
const TRIES: u32 = 3;

/// Files the ticket at this time.
///
/// # Errors
/// 422 for a category or tags that there are none of.
pub async fn file(
    app: &App,
    conn: &mut PgConnection,
    filing: &Filing,
    now: OffsetDateTime,
) -> Result<Filed> {
    let mut configuration = app.configuration.known();
    for turn in 1..=TRIES {
        match decide(filing, &configuration, now) {
            Ok(ticket) => {
                let filed = create::create(conn, &[ticket], configuration.version).await?;
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
        .policy(filing.project.id, filing.priority)
        .cloned();
    Ok(NewTicket {
        ticket: filing.ticket(policy, now),
        prefix: filing.project.prefix.clone(),
        customer_phone: filing.customer.phone.clone(),
        external_customer_id: filing.external_customer_id.clone(),
        actor: filing.actor,
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
