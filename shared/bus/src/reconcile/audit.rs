//! Comparing what a consumer keeps of tickets with ticket's own states, row by row, and healing it.
//! Heads and sequences tell whether something was heard; they say nothing of a row that is wrong.
//!
//! What differs is looked at twice, with what was under way applied in between: only what stands
//! then is wrong.

use std::{fmt, future::Future, time::Duration};

use anyhow::Context as _;
use desk_events::{TicketPage, TicketRecord};
use serde::Serialize;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use super::{Parts, copies, position::caught_up, run::REST};
use crate::consumer::Consumer;

/// No page, and no recount of a million tickets, takes this long; a connection on which one does
/// is dead.
const PATIENCE: Duration = Duration::from_mins(5);

/// Something that is kept otherwise than it should be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// Which row.
    pub key: Value,
    /// What it says; none: there is no such row.
    pub kept: Option<Value>,
    /// What it should say; none: there should be no such row.
    pub expected: Option<Value>,
}

/// One JSON object.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&json)
    }
}

/// A ticket of which something is kept otherwise than ticket tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// The ticket.
    pub id: i64,
    /// The sequence of what is kept; none: nothing is.
    pub kept: Option<i64>,
    /// The sequence of what ticket tells; none: it knows no such ticket.
    pub told: Option<i64>,
    /// What differs.
    pub differences: Vec<Difference>,
}

impl Suspect {
    /// Whether what is kept is only not new enough.
    pub fn is_behind(&self) -> bool {
        self.told.is_some() && self.kept < self.told
    }

    /// Whether this is no change that was under way at the first look.
    pub(super) fn stands_since(&self, first: &Self) -> bool {
        if self.is_behind() {
            self.kept < first.told
        } else if self.kept > self.told && self.told.is_some() {
            self.kept == first.kept
        } else {
            true
        }
    }
}

/// Ticket's states of all ids in a range.
#[derive(Debug)]
pub struct Stretch {
    /// The ids are higher than this.
    pub after: i64,
    /// The highest id of the range.
    pub last: i64,
    /// The states, by id.
    pub tickets: Vec<TicketRecord>,
}

impl Stretch {
    fn of(after: i64, page: TicketPage) -> Self {
        let last = page.tickets.last().filter(|_| page.next.is_some());
        Self {
            after,
            last: last.map_or(i64::MAX, |last| last.ticket.id),
            tickets: page.tickets,
        }
    }
}

/// Compares everything; `tell` hears of each difference, `reach` how many tickets are compared of
/// how many. Answers how many differences there are.
pub(super) async fn audit<C: Consumer>(
    parts: &Parts<C>,
    conn: &mut PgConnection,
    heal: bool,
    mut tell: impl FnMut(&Difference) + Send,
    mut reach: impl FnMut(u64, u64) + Send,
) -> anyhow::Result<u64> {
    let (mut done, mut total) = (0, 0);
    let mut count = 0;
    let mut note = |difference: &Difference| {
        count += 1;
        tell(difference);
    };
    let (mut next, mut after) = (Some(String::new()), i64::MIN);
    while let Some(cursor) = next.take() {
        let began = Instant::now();
        let page = parts.snapshot.page(&cursor).await?;
        next.clone_from(&page.next);
        done += page.tickets.len() as u64;
        total = page.total.map_or(total, i64::unsigned_abs).max(done);
        let stretch = Stretch::of(after, page);
        let work = compare(parts, conn, &cursor, &stretch, heal);
        for suspect in within(work).await? {
            suspect.differences.iter().for_each(&mut note);
        }
        reach(done, total);
        after = stretch.last;
        if next.is_some() {
            sleep(began.elapsed().min(REST)).await;
        }
    }
    let derived = within(parts.consumer.derived(conn, heal)).await?;
    derived.iter().for_each(&mut note);
    copies::audit(parts, conn, heal, note).await?;
    Ok(count)
}

/// The tickets of a page of which something is wrong.
async fn compare<C: Consumer>(
    parts: &Parts<C>,
    conn: &mut PgConnection,
    cursor: &str,
    stretch: &Stretch,
    heal: bool,
) -> anyhow::Result<Vec<Suspect>> {
    let first = parts.consumer.suspects(conn, stretch).await?;
    if first.is_empty() {
        return Ok(first);
    }
    caught_up(&parts.bus, C::NAME).await?;
    let again = Stretch::of(stretch.after, parts.snapshot.page(cursor).await?);
    let mut wrong = parts.consumer.suspects(conn, &again).await?;
    wrong.retain(|suspect| {
        let before = first.iter().find(|first| first.id == suspect.id);
        before.is_some_and(|first| suspect.stands_since(first))
    });
    if heal && !wrong.is_empty() {
        let mut tx = conn.begin().await?;
        parts.consumer.heal(&mut tx, &again, &wrong).await?;
        tx.commit().await?;
        parts.consumer.healed(&again).await;
    }
    Ok(wrong)
}

pub(super) async fn within<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    timeout(PATIENCE, work).await.context("no end")?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspect(kept: Option<i64>, told: Option<i64>) -> Suspect {
        Suspect {
            id: 1,
            kept,
            told,
            differences: Vec::new(),
        }
    }

    #[test]
    fn what_was_under_way_is_not_wrong() {
        for (case, first, second, stands) in [
            ("still missing", (None, Some(3)), (None, Some(3)), true),
            ("still behind", (Some(2), Some(3)), (Some(2), Some(4)), true),
            (
                "came, and more is said",
                (Some(2), Some(3)),
                (Some(3), Some(4)),
                false,
            ),
            (
                "heard before it was told",
                (Some(4), Some(3)),
                (Some(6), Some(5)),
                false,
            ),
            (
                "ahead for good",
                (Some(9), Some(3)),
                (Some(9), Some(3)),
                true,
            ),
            ("a wrong row", (Some(3), Some(3)), (Some(3), Some(3)), true),
            ("nobody tells of it", (Some(3), None), (Some(3), None), true),
        ] {
            let first = suspect(first.0, first.1);
            let second = suspect(second.0, second.1);
            assert_eq!(second.stands_since(&first), stands, "{case}");
        }
    }
}
