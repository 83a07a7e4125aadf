//! Comparing the clocks with ticket's own states, and healing them.

use std::collections::BTreeMap;

use desk_bus::reconcile::{Difference, Stretch, Suspect};
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    domain::{Deadline, Heard},
    store::{
        deadlines::{self, Clock},
        tickets::{self, Known},
    },
};

/// What is there of one ticket, and what should be.
#[derive(Default)]
struct Sides {
    known: Option<Known>,
    clocks: Vec<Clock>,
    told: Option<i64>,
    running: Vec<Deadline>,
}

/// The tickets of a range of which a row is kept otherwise than ticket's state has it.
pub(crate) async fn suspects(
    conn: &mut PgConnection,
    stretch: &Stretch,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Suspect>> {
    let mut sides: BTreeMap<i64, Sides> = BTreeMap::new();
    for record in &stretch.tickets {
        let side = sides.entry(record.ticket.id).or_default();
        side.told = Some(record.sequence);
        side.running = Heard::told(record).deadlines();
    }
    for known in tickets::between(conn, stretch.after, stretch.last).await? {
        let side = sides.entry(known.id).or_default();
        side.known = Some(known);
    }
    for clock in deadlines::between(conn, stretch.after, stretch.last).await? {
        let side = sides.entry(clock.ticket_id).or_default();
        side.clocks.push(clock);
    }
    Ok(sides
        .into_iter()
        .filter_map(|(id, sides)| sides.suspect(id, now))
        .collect())
}

impl Sides {
    fn suspect(&self, id: i64, now: OffsetDateTime) -> Option<Suspect> {
        let mut differences: Vec<Difference> = self.ticket(id).into_iter().collect();
        let expected = |clock: &Clock| {
            let mut running = self.running.iter();
            running.find(|running| running.metric.as_str() == clock.metric)
        };
        for clock in &self.clocks {
            let running = expected(clock);
            if !running.is_some_and(|running| clock.is_right(running, now)) {
                differences.push(clock_difference(id, Some(clock), running));
            }
        }
        for running in &self.running {
            let mut clocks = self.clocks.iter();
            if !clocks.any(|clock| clock.metric == running.metric.as_str()) {
                differences.push(clock_difference(id, None, Some(running)));
            }
        }
        (!differences.is_empty()).then(|| Suspect {
            id,
            kept: self.known.as_ref().map(|known| known.sequence),
            told: self.told,
            differences,
        })
    }

    /// A ticket that ticket does not tell of is gone for good; its row stays.
    fn ticket(&self, id: i64) -> Option<Difference> {
        let told = self.told?;
        let said = self.known.as_ref().map_or(0, Known::must_have_said);
        let is_right = |known: &Known| known.sequence == told && known.said >= said;
        if self.known.as_ref().is_some_and(is_right) {
            return None;
        }
        let kept = self.known.as_ref();
        Some(Difference {
            table: "tickets",
            key: json!({ "id": id }),
            kept: kept.map(|known| json!({"sequence": known.sequence, "said": known.said})),
            expected: Some(json!({"sequence": told, "said": said})),
        })
    }
}

fn clock_difference(id: i64, kept: Option<&Clock>, expected: Option<&Deadline>) -> Difference {
    let metric = (kept.map(|clock| clock.metric.as_str()))
        .or(expected.map(|running| running.metric.as_str()));
    Difference {
        table: "deadlines",
        key: json!({"ticket_id": id, "metric": metric}),
        kept: kept.map(|clock| {
            json!({
                "project_id": clock.project_id, "due_at": clock.due_at.to_string(),
                "soon_at": clock.soon_at.map(|at| at.to_string()),
                "generation": clock.generation, "claimed": clock.claimed,
            })
        }),
        expected: expected.map(|running| {
            json!({
                "project_id": running.project_id, "due_at": running.due_at.to_string(),
                "soon_at": running.soon_at.map(|at| at.to_string()),
                "generation": running.generation, "claimed": false,
            })
        }),
    }
}

/// Makes the clocks of these tickets what ticket's states say. Nothing is taken back of what
/// changed since it was looked at.
pub(crate) async fn heal(
    conn: &mut PgConnection,
    stretch: &Stretch,
    wrong: &[Suspect],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let told = |suspect: &Suspect| {
        let mut tickets = stretch.tickets.iter();
        tickets.find(|record| record.ticket.id == suspect.id)
    };
    let (heard, seen): (Vec<Heard<'_>>, Vec<Option<i64>>) = wrong
        .iter()
        .filter_map(|suspect| Some((Heard::told(told(suspect)?), suspect.kept)))
        .unzip();
    // Locks the tickets' rows, as a batch of events does.
    let unmoved = tickets::put_right(conn, &heard, &seen).await?;
    let mut heard = heard;
    heard.retain(|heard| unmoved.contains(&heard.ticket.id));
    for clock in deadlines::of_tickets(conn, &unmoved).await? {
        let running = heard.iter().flat_map(Heard::deadlines);
        let mut running = running.filter(|running| running.ticket_id == clock.ticket_id);
        if !running.any(|running| clock.is_right(&running, now)) {
            deadlines::drop_one(conn, &clock).await?;
        }
    }
    deadlines::replace(conn, &heard).await?;
    let unknown: Vec<i64> = (wrong.iter())
        .filter(|suspect| suspect.told.is_none())
        .map(|suspect| suspect.id)
        .collect();
    deadlines::drop_all(conn, &unknown).await
}
