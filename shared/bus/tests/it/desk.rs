//! What every test starts from: an empty, migrated database, a bus under a prefix of its own, and
//! ways to say something and to wait for a condition.

use std::{future::Future, time::Duration};

use async_nats::jetstream;
use desk_bus::{Bus, BusSettings, outbox};
use desk_events::{Aggregate, AggregateKind, Fact, NewEvent, ProjectCount};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, postgres::PgPoolOptions};
use time::macros::datetime;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What earlier runs left is swept when it is older than this.
const LEFT_BEHIND: Duration = Duration::from_mins(10);

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Desk {
    pub pool: PgPool,
    pub settings: BusSettings,
    pub database_url: String,
    pub bus: Bus,
    pub stop: CancellationToken,
}

impl Desk {
    pub async fn open() -> Self {
        static SWEPT: OnceCell<()> = OnceCell::const_new();
        SWEPT.get_or_init(sweep).await;
        let id = Uuid::now_v7().simple().to_string();
        let database_url = create_database(&format!("bus_it_{id}")).await;
        let pool = pool(&database_url).await;
        desk_bus::MIGRATOR.run(&pool).await.unwrap();
        let settings = BusSettings::isolated(nats_url(), format!("bus-it-{id}"));
        let bus = Bus::connect(&settings, "tester").await.unwrap();
        Self {
            pool,
            settings,
            database_url,
            bus,
            stop: CancellationToken::new(),
        }
    }

    /// Another service's database.
    pub async fn another_database(&self) -> PgPool {
        let id = Uuid::now_v7().simple().to_string();
        let pool = pool(&create_database(&format!("bus_it_{id}")).await).await;
        desk_bus::MIGRATOR.run(&pool).await.unwrap();
        pool
    }

    /// Another replica's bus.
    pub async fn another_bus(&self) -> Bus {
        Bus::connect(&self.settings, "tester").await.unwrap()
    }

    /// Appends counts of a project in one transaction and wakes the relay.
    pub async fn say(&self, events: &[NewEvent]) {
        let mut tx = self.pool.begin().await.unwrap();
        outbox::append(&mut tx, events).await.unwrap();
        tx.commit().await.unwrap();
        self.bus.wake();
    }

    /// Writes an outbox row as a service's own statement may, of any type and payload.
    pub async fn say_raw(&self, kind: &str, aggregate_id: i64, sequence: i64, payload: &str) {
        sqlx::query(
            "with said as (
                 insert into outbox (event_id, aggregate_kind, aggregate_id, sequence, type,
                                     version, occurred_at, payload)
                 values ($1, 'project_count', $2, $3, $4, 1, now(), $5::jsonb)
                 returning day, seq)
             insert into outbox_pending (day, seq) select day, seq from said",
        )
        .bind(Uuid::now_v7())
        .bind(aggregate_id)
        .bind(sequence)
        .bind(kind)
        .bind(payload)
        .execute(&self.pool)
        .await
        .unwrap();
        self.bus.wake();
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    pub async fn pending(&self) -> i64 {
        self.number("select count(*) from outbox_pending").await
    }

    pub async fn published(&self) {
        eventually("the queue is empty", async || self.pending().await == 0).await;
    }

    pub fn jetstream(&self) -> jetstream::Context {
        jetstream::new(self.bus.client().clone())
    }

    /// Messages in the stream; none where there is no stream.
    pub async fn stored(&self) -> u64 {
        match self.jetstream().get_stream(self.bus.stream_name()).await {
            Ok(stream) => stream.cached_info().state.messages,
            Err(_) => 0,
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A count of a project: `tickets` at the aggregate's sequence.
pub fn count(project_id: i64, sequence: i64, tickets: i64) -> NewEvent {
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::ProjectCount,
            id: project_id,
        },
        sequence,
        occurred_at: datetime!(2024-04-21 09:00 UTC),
        fact: Fact::ProjectCounted(Box::new(ProjectCount {
            project_id,
            tickets,
        })),
    }
}

/// Waits until something holds, looking again and again.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let until = tokio::time::Instant::now() + PATIENCE;
    while !holds().await {
        assert!(tokio::time::Instant::now() < until, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub async fn pool(url: &str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(2))
        .connect(url)
        .await
        .unwrap()
}

pub fn nats_url() -> String {
    std::env::var("SUPPORTDESK_TEST_NATS_URL").expect("SUPPORTDESK_TEST_NATS_URL")
}

fn pg_url() -> String {
    std::env::var("SUPPORTDESK_TEST_PG_URL").expect("SUPPORTDESK_TEST_PG_URL")
}

async fn create_database(name: &str) -> String {
    let url = pg_url();
    let mut conn = PgConnection::connect(&url).await.unwrap();
    let create = format!("create database {name} strategy wal_log");
    sqlx::raw_sql(AssertSqlSafe(create))
        .execute(&mut conn)
        .await
        .unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// Drops databases and streams of earlier runs: their names carry the time they were made.
async fn sweep() {
    let millis = u64::try_from(Uuid::now_v7().as_u128() >> 80).unwrap();
    let oldest = millis - u64::try_from(LEFT_BEHIND.as_millis()).unwrap();
    let is_old = |id: &str| id < format!("{oldest:012x}").as_str();

    let mut conn = PgConnection::connect(&pg_url()).await.unwrap();
    let names: Vec<String> =
        sqlx::query_scalar("select datname from pg_database where datname like 'bus\\_it\\_%'")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    for name in names.iter().filter(|name| is_old(&name["bus_it_".len()..])) {
        let drop = format!("drop database if exists {name} with (force)");
        let _ = sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut conn).await;
    }

    let bus = Bus::connect(&BusSettings::isolated(nats_url(), "sweep"), "sweep")
        .await
        .unwrap();
    let jetstream = jetstream::new(bus.client().clone());
    let mut names = jetstream.stream_names();
    while let Some(Ok(name)) = futures::StreamExt::next(&mut names).await {
        let id = name.strip_prefix("BUS-IT-").map(str::to_lowercase);
        if id.is_some_and(|id| is_old(&id)) {
            let _ = jetstream.delete_stream(name).await;
        }
    }
}
