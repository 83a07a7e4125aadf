//! What a consumer lacks of a page of heads, by its own database.

use std::collections::HashMap;

use desk_events::AggregateKind;
use sqlx::PgConnection;

use super::{
    gaps::gaps,
    kept::{Kept, KeptBy},
    wire::{Head, Span},
};
use crate::{consumer::Consumer, heard};

/// What is not there.
#[derive(Debug, Default)]
pub(crate) struct Lacking {
    /// The stretches, by aggregate.
    pub(crate) spans: Vec<Span>,
    /// The heads that they are of.
    pub(crate) heads: Vec<Head>,
    /// Aggregates that lie, in part, among the dead letters: people are asked, not the owner.
    pub(crate) dead: u64,
}

/// Compares heads of one kind with what the consumer has.
pub(crate) async fn lacking<C: Consumer>(
    conn: &mut PgConnection,
    consumer: &C,
    kept: Kept,
    heads: &[Head],
) -> anyhow::Result<Lacking> {
    let known = match kept.by {
        KeptBy::State => known(conn, consumer, kept.kind, heads).await?,
        KeptBy::Event => HashMap::new(),
    };
    let is_behind = |head: &&Head| known.get(&head.id).is_none_or(|at| *at < head.sequence);
    let behind: Vec<Head> = heads.iter().filter(is_behind).copied().collect();
    if behind.is_empty() {
        return Ok(Lacking::default());
    }
    let ids: Vec<i64> = behind.iter().map(|head| head.id).collect();
    let mut covered: HashMap<i64, Vec<(i64, i64)>> = HashMap::with_capacity(ids.len());
    for (id, sequence) in known {
        covered.entry(id).or_default().push((1, sequence));
    }
    let mut dead: Vec<i64> = Vec::new();
    for done in heard::done(conn, C::NAME, kept.kind, &ids).await? {
        covered
            .entry(done.id)
            .or_default()
            .push((done.first, done.last));
        if done.dead {
            dead.push(done.id);
        }
    }
    dead.sort_unstable();
    dead.dedup();
    let mut lacking = Lacking {
        dead: dead.len() as u64,
        ..Lacking::default()
    };
    for head in behind {
        let covered = covered.entry(head.id).or_default();
        let before = lacking.spans.len();
        let spans = gaps(head.sequence, covered).into_iter();
        lacking.spans.extend(spans.map(|(first, last)| Span {
            id: head.id,
            first,
            last,
        }));
        if lacking.spans.len() > before {
            lacking.heads.push(head);
        }
    }
    Ok(lacking)
}

async fn known<C: Consumer>(
    conn: &mut PgConnection,
    consumer: &C,
    kind: AggregateKind,
    heads: &[Head],
) -> anyhow::Result<HashMap<i64, i64>> {
    let ids: Vec<i64> = heads.iter().map(|head| head.id).collect();
    let known = consumer.known(conn, kind, &ids).await?;
    Ok(known
        .into_iter()
        .map(|known| (known.id, known.sequence))
        .collect())
}
