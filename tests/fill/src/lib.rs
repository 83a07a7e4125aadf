//! Fills ticket's database with tickets as a desk holds them after two years: for measuring, and
//! to see the portal with something in it.
//!
//! Everything is one transaction: tickets with their requesters, messages, tags, histories,
//! numbers, and an event each, so that every consumer follows. The same seed invents the same
//! tickets (ids, times relative to now). Totals are counted by the database's own triggers.
//!
//! | module | holds |
//! |---|---|
//! | [`random`], [`words`], [`invent`] | making up tickets |
//! | [`world`] | what they are made up for: projects, people, configuration |
//! | [`numbers`], [`requesters`] | what the database gives them |
//! | [`tables`], [`text`], [`indexes`] | bringing them in |

mod indexes;
mod invent;
mod numbers;
mod random;
mod requesters;
mod tables;
mod text;
mod words;
mod world;

use anyhow::Result;
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;

use crate::{
    invent::Inventor,
    numbers::Numbers,
    requesters::Requesters,
    tables::{Given, Tables},
    world::World,
};

/// From so many on, indexes are made anew instead of kept up, and nobody else can use tickets
/// meanwhile.
const MANY: u64 = 20_000;
/// Rows of one `COPY`.
const CHUNK: u64 = 10_000;

pub use world::heard_of;

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// How many tickets.
    pub tickets: u64,
    /// Which ones.
    pub seed: u64,
    /// With events, so that consumers follow.
    pub events: bool,
}

/// Adds tickets to ticket's database, by its owner's connection. Tells how many are in.
///
/// # Errors
/// A desk without projects, and the database's.
pub async fn fill(
    conn: &mut PgConnection,
    wanted: Wanted,
    mut progress: impl FnMut(u64),
) -> Result<()> {
    let mut tx = conn.begin().await?;
    let aside = if wanted.tickets >= MANY {
        Some(indexes::set_aside(&mut tx).await?)
    } else {
        None
    };
    let until = now(&mut tx).await?;
    let world = World::read(&mut tx).await?;
    let inventor = Inventor {
        world: &world,
        seed: wanted.seed,
        tickets: wanted.tickets,
        until,
    };
    let said_before = requesters::last_said(&mut tx).await?;
    let mut tables = Tables::default();
    let requesters =
        Requesters::add(&mut tx, &inventor, wanted.events.then_some(&mut tables)).await?;
    let mut numbers = Numbers::reserve(&mut tx, &inventor).await?;
    for number in 0..wanted.tickets {
        let ticket = inventor.ticket(number);
        let project = &world.projects[ticket.project];
        let (id, name) = numbers.next(project, ticket.created_at);
        let given = Given {
            id,
            number: &name,
            project_id: project.id,
            requester: requesters.of(ticket.customer),
        };
        tables.ticket(&ticket, given);
        if wanted.events {
            tables.event(&ticket, given)?;
        }
        if (number + 1).is_multiple_of(CHUNK) {
            tables.flush(&mut tx).await?;
            progress(number + 1);
        }
    }
    tables.flush(&mut tx).await?;
    requesters::queue_since(&mut tx, said_before).await?;
    if let Some(aside) = aside {
        progress(wanted.tickets);
        aside.put_back(&mut tx).await?;
    }
    tx.commit().await?;
    sqlx::query(
        "vacuum analyze tickets, ticket_texts, messages, activities, ticket_tags, requesters",
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn now(conn: &mut PgConnection) -> sqlx::Result<OffsetDateTime> {
    sqlx::query_scalar("select now()").fetch_one(conn).await
}
