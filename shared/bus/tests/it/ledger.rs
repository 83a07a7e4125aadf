//! A consumer to test with. It keeps every arrival, and per aggregate the highest sequence with
//! the number of times that anything took effect.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use anyhow::ensure;
use desk_bus::{
    Consumer,
    reconcile::{Kept, Known},
};
use desk_events::{AggregateKind, Event, Fact};
use desk_telemetry::TraceContext;
use sqlx::{PgConnection, PgPool, Row as _};
use tokio::sync::Semaphore;

use crate::desk::Desk;

/// A count that the ledger cannot take while it is ill.
pub const POISON: i64 = -1;

/// A count that makes it panic.
pub const PANIC: i64 = -2;

#[derive(Clone)]
pub struct Ledger {
    pub cured: Arc<AtomicBool>,
    pub committed: Arc<AtomicUsize>,
    pub traces: Arc<Mutex<Vec<TraceContext>>>,
    /// A batch needs a permit.
    pub gate: Arc<Semaphore>,
    pub waiting: Arc<AtomicUsize>,
}

impl Ledger {
    /// Makes its tables beside the outbox, and an instance with an open gate.
    pub async fn new(desk: &Desk) -> Self {
        Self::within(&desk.pool).await
    }

    /// Makes its tables in a database, and an instance with an open gate.
    pub async fn within(pool: &PgPool) -> Self {
        sqlx::raw_sql(
            "create table arrivals (place bigint generated always as identity, kind text,
                                    id bigint, sequence bigint, request_id text);
             create table ledger (id bigint primary key, sequence bigint, tickets bigint,
                                  effects bigint not null default 1)",
        )
        .execute(pool)
        .await
        .unwrap();
        Self {
            cured: Arc::default(),
            committed: Arc::default(),
            traces: Arc::default(),
            gate: Arc::new(Semaphore::new(1_000_000)),
            waiting: Arc::default(),
        }
    }

    /// (highest sequence, tickets, effects) of an aggregate.
    pub async fn entry(pool: &PgPool, id: i64) -> Option<(i64, i64, i64)> {
        sqlx::query_as("select sequence, tickets, effects from ledger where id = $1")
            .bind(id)
            .fetch_optional(pool)
            .await
            .unwrap()
    }

    /// The sequences of an aggregate, as they arrived.
    pub async fn arrivals(pool: &PgPool, id: i64) -> Vec<i64> {
        sqlx::query("select sequence from arrivals where id = $1 order by place")
            .bind(id)
            .fetch_all(pool)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect()
    }

    async fn enter(conn: &mut PgConnection, event: &Event, tickets: i64) -> anyhow::Result<()> {
        sqlx::query(
            "insert into arrivals (kind, id, sequence, request_id) values ($1, $2, $3, $4)",
        )
        .bind(event.fact.subject())
        .bind(event.aggregate.id)
        .bind(event.sequence)
        .bind(&event.request_id)
        .execute(&mut *conn)
        .await?;
        sqlx::query(
            "insert into ledger (id, sequence, tickets) values ($1, $2, $3)
             on conflict (id) do update set sequence = excluded.sequence,
                 tickets = excluded.tickets, effects = ledger.effects + 1
             where ledger.sequence < excluded.sequence",
        )
        .bind(event.aggregate.id)
        .bind(event.sequence)
        .bind(tickets)
        .execute(conn)
        .await?;
        Ok(())
    }
}

impl Consumer for Ledger {
    const NAME: &'static str = "ledger";

    fn subjects(&self) -> &'static [&'static str] {
        &["project.*", "ticket.*"]
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await?.forget();
        self.traces.lock().unwrap().push(desk_telemetry::current());
        for event in events {
            let Fact::ProjectCounted(counted) = &event.fact else {
                continue;
            };
            ensure!(
                counted.tickets != POISON || self.cured.load(Ordering::SeqCst),
                "poison"
            );
            assert!(counted.tickets != PANIC, "as asked");
            Self::enter(conn, event, counted.tickets).await?;
        }
        Ok(())
    }

    fn keeps(&self) -> &'static [Kept] {
        const { &[Kept::by_state(AggregateKind::ProjectCount)] }
    }

    async fn known(
        &self,
        conn: &mut PgConnection,
        _: AggregateKind,
        ids: &[i64],
    ) -> anyhow::Result<Vec<Known>> {
        let known: Vec<(i64, i64)> =
            sqlx::query_as("select id, sequence from ledger where id = any($1)")
                .bind(ids)
                .fetch_all(conn)
                .await?;
        let known = known.into_iter();
        Ok(known.map(|(id, sequence)| Known { id, sequence }).collect())
    }

    async fn committed(&self, events: &[Event]) {
        self.committed.fetch_add(events.len(), Ordering::SeqCst);
    }
}
