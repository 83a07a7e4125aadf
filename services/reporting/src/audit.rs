//! Comparing what is kept with ticket's own states, and healing it: the last state of each ticket
//! with the snapshot, and every sum of the reports with a recount of those states.

use std::collections::BTreeMap;

use desk_bus::reconcile::{Difference, Stretch, Suspect};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::{
    domain::Heard,
    store::{
        facts,
        keep::take_turn,
        rebuild::keep_in_all,
        tickets::{self, KnownTicket},
    },
};

/// The tickets of a range that are kept otherwise than ticket tells them. What is known as purged
/// is not told any more.
pub(crate) async fn suspects(
    conn: &mut PgConnection,
    stretch: &Stretch,
) -> anyhow::Result<Vec<Suspect>> {
    let mut told: BTreeMap<i64, KnownTicket> = (stretch.tickets.iter())
        .map(|record| (record.ticket.id, KnownTicket::from(record)))
        .collect();
    let mut suspects = Vec::new();
    for kept in tickets::between(conn, stretch.after, stretch.last).await? {
        let expected = told.remove(&kept.id);
        let gone = expected.is_none() && kept.purged;
        if !gone && expected.as_ref() != Some(&kept) {
            suspects.push(suspect(kept.id, Some(&kept), expected.as_ref())?);
        }
    }
    for (id, expected) in told {
        suspects.push(suspect(id, None, Some(&expected))?);
    }
    Ok(suspects)
}

fn suspect(
    id: i64,
    kept: Option<&KnownTicket>,
    expected: Option<&KnownTicket>,
) -> serde_json::Result<Suspect> {
    let row = |ticket: Option<&KnownTicket>| -> serde_json::Result<Option<Value>> {
        ticket.map(serde_json::to_value).transpose()
    };
    let difference = Difference {
        table: "tickets",
        key: json!({ "id": id }),
        kept: row(kept)?,
        expected: row(expected)?,
    };
    Ok(Suspect {
        id,
        kept: kept.map(|kept| kept.sequence),
        told: expected.map(|expected| expected.sequence),
        differences: vec![difference],
    })
}

/// Keeps these tickets as they are told. What is merely behind moves the sums as an event would;
/// what a wrong row has added nobody knows, so the sums are recounted in the same transaction.
pub(crate) async fn heal(
    conn: &mut PgConnection,
    stretch: &Stretch,
    wrong: &[Suspect],
) -> sqlx::Result<()> {
    take_turn(conn).await?;
    let (unknown, known): (Vec<_>, Vec<_>) = wrong
        .iter()
        .filter(|suspect| !suspect.is_behind())
        .filter_map(|suspect| Some((suspect, suspect.kept?)))
        .partition(|(suspect, _)| suspect.told.is_none());
    let (ids, sequences) = seen(&known);
    tickets::forget(conn, &ids, &sequences).await?;
    let heard: Vec<Heard<'_>> = (stretch.tickets.iter())
        .filter(|record| wrong.iter().any(|suspect| suspect.id == record.ticket.id))
        .map(Heard::told)
        .collect();
    keep_in_all(conn, &heard).await?;
    let (ids, sequences) = seen(&unknown);
    tickets::purge(conn, &ids, &sequences).await?;
    if !known.is_empty() || !unknown.is_empty() {
        facts::differences(conn, true).await?;
    }
    Ok(())
}

fn seen(suspects: &[(&Suspect, i64)]) -> (Vec<i64>, Vec<i64>) {
    let pair = |(suspect, sequence): &(&Suspect, i64)| (suspect.id, *sequence);
    suspects.iter().map(pair).unzip()
}

/// The sums that are not those of the tickets. Looked at without the turn, so that nobody waits
/// while there is nothing to heal.
pub(crate) async fn derived(conn: &mut PgConnection, heal: bool) -> sqlx::Result<Vec<Difference>> {
    let wrong = facts::differences(conn, false).await?;
    if heal && !wrong.is_empty() {
        let mut tx = conn.begin().await?;
        take_turn(&mut tx).await?;
        facts::differences(&mut tx, true).await?;
        tx.commit().await?;
    }
    Ok(wrong)
}
