//! Which events a consumer has taken, where its own rows do not tell. The last state of a thing
//! makes up for every earlier one, but a mail or a claim that was missed stays missed, however much
//! came after it: for those kinds each sequence is noted, as ranges, in the batch's transaction.

use desk_events::{AggregateKind, Event};
use sqlx::PgConnection;

use crate::{
    consumer::Consumer,
    reconcile::{KeptBy, Span},
};

/// Notes the events about kinds that the consumer keeps by event.
pub(crate) async fn note<C: Consumer>(
    conn: &mut PgConnection,
    consumer: &C,
    events: &[Event],
) -> sqlx::Result<()> {
    let by_event = |kind: AggregateKind| {
        let mut kept = consumer.keeps().iter();
        kept.any(|kept| kept.kind == kind && kept.by == KeptBy::Event)
    };
    let (mut kinds, mut ids, mut sequences) = (Vec::new(), Vec::new(), Vec::new());
    for event in events.iter().filter(|event| by_event(event.aggregate.kind)) {
        kinds.push(event.aggregate.kind.as_str());
        ids.push(event.aggregate.id);
        sequences.push(event.sequence);
    }
    if kinds.is_empty() {
        return Ok(());
    }
    // In the order of the key, so that replicas with the same aggregates do not lock each other up.
    sqlx::query!(
        "insert into heard as h (consumer, aggregate_kind, aggregate_id, sequences)
         select $1, kind, id, range_agg(int8range(sequence, sequence, '[]'))
         from unnest($2::text[], $3::bigint[], $4::bigint[]) as e (kind, id, sequence)
         group by kind, id order by kind, id
         on conflict (consumer, aggregate_kind, aggregate_id) do update
         set sequences = h.sequences + excluded.sequences
         where not h.sequences @> excluded.sequences",
        C::NAME,
        &kinds as &[&str],
        &ids,
        &sequences,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A stretch of an aggregate's events that need not come any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    pub(crate) id: i64,
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// A dead letter: not taken, but kept for people.
    pub(crate) dead: bool,
}

/// What was noted of these aggregates, and what lies among the dead letters.
pub(crate) async fn done(
    conn: &mut PgConnection,
    consumer: &str,
    kind: AggregateKind,
    ids: &[i64],
) -> sqlx::Result<Vec<Done>> {
    sqlx::query_as!(
        Done,
        r#"select h.aggregate_id as "id!", lower(r) as "first!", upper(r) - 1 as "last!",
                  false as "dead!"
           from heard as h cross join lateral unnest(h.sequences) as r
           where h.consumer = $1 and h.aggregate_kind = $2 and h.aggregate_id = any($3)
           union all
           select aggregate_id, sequence, sequence, true from dead_letters
           where consumer = $1 and aggregate_kind = $2 and aggregate_id = any($3)
             and sequence is not null"#,
        consumer,
        kind.as_str(),
        ids,
    )
    .fetch_all(conn)
    .await
}

/// Notes stretches that nobody can tell any more, as if they had been heard.
pub(crate) async fn give_up(
    conn: &mut PgConnection,
    consumer: &str,
    kind: AggregateKind,
    spans: &[Span],
) -> sqlx::Result<()> {
    let ids: Vec<i64> = spans.iter().map(|span| span.id).collect();
    let firsts: Vec<i64> = spans.iter().map(|span| span.first).collect();
    let lasts: Vec<i64> = spans.iter().map(|span| span.last).collect();
    sqlx::query!(
        "insert into heard as h (consumer, aggregate_kind, aggregate_id, sequences)
         select $1, $2, id, range_agg(int8range(first, last, '[]'))
         from unnest($3::bigint[], $4::bigint[], $5::bigint[]) as g (id, first, last)
         group by id order by id
         on conflict (consumer, aggregate_kind, aggregate_id) do update
         set sequences = h.sequences + excluded.sequences",
        consumer,
        kind.as_str(),
        &ids,
        &firsts,
        &lasts,
    )
    .execute(conn)
    .await?;
    Ok(())
}
