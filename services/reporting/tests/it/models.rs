//! The read models as they are.

use desk_bus::Consumer;
use desk_events::Event;
use reporting::events::Reporting;
use serde_json::Value;
use sqlx::PgPool;

/// Applies a batch at once, without the bus.
pub async fn apply(db: &PgPool, batch: &[Event]) {
    let mut tx = db.begin().await.unwrap();
    Reporting.apply(&mut tx, batch).await.unwrap();
    tx.commit().await.unwrap();
}

/// Every ticket's row.
pub async fn rows(db: &PgPool) -> Vec<Value> {
    sqlx::query_scalar("select to_jsonb(t) from tickets t order by id")
        .fetch_all(db)
        .await
        .unwrap()
}

/// What the reports sum up; days on which nothing is left say nothing.
pub async fn sums(db: &PgPool) -> Vec<Value> {
    sqlx::query_scalar(
        "select to_jsonb(f) || '{\"of\": \"projects\"}' from project_days f where tickets <> 0
         union all
         select to_jsonb(f) || '{\"of\": \"resolutions\"}' from resolution_days f
         where resolutions <> 0
         union all
         select to_jsonb(f) || '{\"of\": \"priorities\"}' from priority_days f where tickets <> 0
         union all
         select to_jsonb(f) || '{\"of\": \"agents\"}' from agent_days f where tickets <> 0
         union all
         select to_jsonb(f) || '{\"of\": \"categories\"}' from category_days f where tickets <> 0
         order by 1",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

/// Every copy that the reports take names from.
pub async fn names(db: &PgPool) -> Vec<Value> {
    sqlx::query_scalar(
        "select to_jsonb(u) from replica_users u
         union all select to_jsonb(p) from replica_projects p
         union all select to_jsonb(c) from categories c
         order by 1",
    )
    .fetch_all(db)
    .await
    .unwrap()
}
