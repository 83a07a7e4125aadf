//! `POST /internal/republish`: says events once more, in their order.

use axum::{Json, extract::State};
use desk_http::{Error, Result, ServiceCaller, Valid, openapi::ErrorBody};
use sqlx::PgPool;

use super::Owner;
use crate::reconcile::wire::{Republish, Republished, Span};

/// With more than this queued, what is new would wait too long behind what is old.
const QUEUED: i64 = 10_000;

/// Queues events of the outbox for publishing once more, under the same ids and in their order.
/// Answers 503 while much is queued already. For services.
#[utoipa::path(
    post, path = "/internal/republish", tag = "internal", operation_id = "internal_republish",
    request_body = Republish,
    responses(
        (status = 200, description = "What was queued, and what is gone", body = Republished),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "The queue is long, or the database out of reach", body = ErrorBody),
    ),
)]
pub(crate) async fn republish(
    State(owner): State<Owner>,
    ServiceCaller(caller): ServiceCaller,
    Valid(asked): Valid<Republish>,
) -> Result<Json<Republished>> {
    if is_busy(&owner.pool).await? {
        return Err(Error::Unavailable(1));
    }
    let kind = asked.kind.unwrap_or_default();
    let types = asked.types.unwrap_or_default();
    let spans = asked.spans.unwrap_or_default();
    let done = queue(&owner.pool, &kind, &types, &spans).await?;
    owner.bus.wake();
    metrics::counter!("reconciler_republished_total")
        .increment(u64::try_from(done.events).unwrap_or_default());
    tracing::debug!(
        caller,
        kind,
        events = done.events,
        "events are published again"
    );
    Ok(Json(done))
}

async fn is_busy(pool: &PgPool) -> sqlx::Result<bool> {
    let queued = sqlx::query_scalar!(
        r#"select count(*) as "queued!"
           from (select from outbox_pending limit $1::bigint + 1) as the_first"#,
        QUEUED,
    )
    .fetch_one(pool)
    .await?;
    Ok(queued > QUEUED)
}

/// Queues what there is of the spans. The plan is made for the values each time: one kept from an
/// empty outbox would scan the whole of a full one.
async fn queue(
    pool: &PgPool,
    kind: &str,
    types: &[String],
    spans: &[Span],
) -> sqlx::Result<Republished> {
    let ids: Vec<i64> = spans.iter().map(|span| span.id).collect();
    let firsts: Vec<i64> = spans.iter().map(|span| span.first).collect();
    let lasts: Vec<i64> = spans.iter().map(|span| span.last).collect();
    let mut tx = pool.begin().await?;
    sqlx::query!("set local plan_cache_mode = force_custom_plan")
        .execute(&mut *tx)
        .await?;
    let done = sqlx::query!(
        r#"with asked as (
               select * from unnest($1::bigint[], $2::bigint[], $3::bigint[]) with ordinality
                             as a (id, first, last, place)),
           found as materialized (
               select a.place, a.id, o.day, o.seq, o.type = any($5) as wanted,
                      o.sequence = a.last as is_last
               from asked as a
               cross join lateral (
                   select day, seq, sequence, type from outbox
                   where aggregate_id = a.id and sequence between a.first and a.last
                     and aggregate_kind = $4) as o),
           queued as (
               insert into outbox_pending (day, seq)
               select day, seq from found where wanted order by seq
               on conflict do nothing
               returning seq)
           select (select count(*) from queued) as "events!",
                  (select count(distinct id) from found where wanted) as "aggregates!",
                  array(select place from asked as a
                        where not exists (select from found as f
                                          where f.place = a.place and f.is_last)
                        order by place) as "gone!""#,
        &ids,
        &firsts,
        &lasts,
        kind,
        types,
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    let place = |place: &i64| spans.get(usize::try_from(*place).ok()?.checked_sub(1)?);
    Ok(Republished {
        events: done.events,
        aggregates: done.aggregates,
        gone: done.gone.iter().filter_map(place).copied().collect(),
    })
}
