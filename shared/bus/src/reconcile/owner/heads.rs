//! `GET /internal/heads`: how far each aggregate of a kind was published.

use axum::{Json, extract::State};
use desk_http::{
    Query, Result, ServiceCaller,
    openapi::ErrorBody,
    page::{decode_cursor, encode_cursor},
};
use garde::Validate;
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;

use super::Owner;
use crate::reconcile::wire::{Head, Heads, PAGE};

/// Which heads.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The kind of aggregate.
    #[garde(required, inner(length(chars, min = 1, max = 50)))]
    #[param(required, example = "ticket")]
    kind: Option<String>,
    /// Where the page starts: `next` of the page before.
    #[garde(skip)]
    after: Option<String>,
    /// Heads a page.
    #[garde(inner(range(min = 1, max = PAGE)))]
    limit: Option<u32>,
}

/// How far each aggregate of a kind was published, by id. What is still to be published is not
/// told of. For services.
#[utoipa::path(
    get, path = "/internal/heads", tag = "internal", operation_id = "internal_heads",
    params(Wanted),
    responses(
        (status = 200, description = "A page of heads", body = Heads),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
)]
pub(crate) async fn heads(
    State(owner): State<Owner>,
    _: ServiceCaller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Heads>> {
    let after = match &wanted.after {
        Some(cursor) => decode_cursor(cursor)?,
        None => i64::MIN,
    };
    let limit = i64::from(wanted.limit.unwrap_or(PAGE));
    let kind = wanted.kind.unwrap_or_default();
    let heads = page(&owner.pool, &kind, after, limit).await?;
    let full = i64::try_from(heads.len()).is_ok_and(|found| found == limit);
    let next = match heads.last() {
        Some(last) if full => Some(encode_cursor(&last.id)?),
        _ => None,
    };
    Ok(Json(Heads { heads, next }))
}

async fn page(pool: &PgPool, kind: &str, after: i64, limit: i64) -> sqlx::Result<Vec<Head>> {
    sqlx::query_as!(
        Head,
        "select aggregate_id as id, sequence, occurred_at from outbox_heads
         where aggregate_kind = $1 and aggregate_id > $2 order by aggregate_id limit $3",
        kind,
        after,
        limit,
    )
    .fetch_all(pool)
    .await
}
