//! One look at everything.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::Result;
use sqlx::{PgConnection, Row as _};

use super::{
    gauges::{Gauges, Watcher},
    traffic::{Answered, Traffic},
};
use crate::{cpu::Meter, desk::Desk, latency::Latencies, load, server::Server};

/// A moment, and the requests that were answered since the one before.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Minutes since the load began.
    pub minute: f64,
    /// MiB by process, shared pages by their share.
    pub memory: BTreeMap<&'static str, f64>,
    /// By service.
    pub gauges: BTreeMap<&'static str, Gauges>,
    /// Connections to PostgreSQL of all services.
    pub connections: f64,
    /// MiB by database.
    pub databases: BTreeMap<String, f64>,
    /// Good answers a second.
    pub rate: f64,
    /// What they took.
    pub latencies: Latencies,
    /// Other answers, and none at all.
    pub errors: Vec<String>,
}

/// Looks.
pub struct Sampler {
    meter: Meter,
    watcher: Watcher,
    postgres: PgConnection,
    prefix: String,
    since: Instant,
    last: Instant,
}

impl Sampler {
    /// Begins to count the time.
    ///
    /// # Errors
    /// When a service or PostgreSQL cannot be asked.
    pub async fn start(desk: &Desk) -> Result<Self> {
        let plan = desk.world.stack.plan();
        let server = Server::at(&plan.postgres)?;
        let meter = Meter::of(&desk.world.stack, server.port);
        meter.settle().await;
        let since = Instant::now();
        Ok(Self {
            meter,
            watcher: Watcher::connect(&desk.world.stack).await?,
            postgres: server.connect("postgres").await?,
            prefix: plan.database_prefix.clone(),
            since,
            last: since,
        })
    }

    /// Takes a sample, with what the traffic brought meanwhile.
    ///
    /// # Errors
    /// When a service or PostgreSQL cannot be asked.
    pub async fn take(&mut self, traffic: &mut Traffic) -> Result<Sample> {
        let mut good = Vec::new();
        let mut errors = Vec::new();
        while let Ok(Answered { took, error }) = traffic.answers.try_recv() {
            match error {
                None => good.push(took),
                Some(error) => errors.push(error),
            }
        }
        let now = Instant::now();
        let latencies = Latencies::new(good);
        let rate = load::rate(latencies.count(), now - self.last);
        self.last = now;
        Ok(Sample {
            minute: self.elapsed().as_secs_f64() / 60.0,
            memory: self.memory(),
            gauges: self.watcher.read().await?,
            connections: self.connections().await?,
            databases: self.databases().await?,
            rate,
            latencies,
            errors,
        })
    }

    /// Since the start.
    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    #[expect(clippy::cast_precision_loss, reason = "KiB of a process")]
    fn memory(&self) -> BTreeMap<&'static str, f64> {
        let services = self.meter.memory().into_iter();
        let bus = self.meter.bus_memory().map(|kib| ("nats", kib));
        let all = services.chain(bus);
        all.map(|(name, kib)| (name, kib as f64 / 1_024.0))
            .collect()
    }

    async fn connections(&mut self) -> Result<f64> {
        let count = sqlx::query_scalar(
            "select count(*)::float8 from pg_stat_activity where starts_with(datname, $1)",
        );
        let count = count.bind(&self.prefix).fetch_one(&mut self.postgres);
        Ok(count.await?)
    }

    async fn databases(&mut self) -> Result<BTreeMap<String, f64>> {
        let rows = sqlx::query(
            "select substr(datname, length($1) + 1) as name,
                    pg_database_size(oid) / 1048576.0::float8 as size
             from pg_database where starts_with(datname, $1)",
        );
        let rows = rows
            .bind(&self.prefix)
            .fetch_all(&mut self.postgres)
            .await?;
        let size = |row: &sqlx::postgres::PgRow| anyhow::Ok((row.try_get(0)?, row.try_get(1)?));
        rows.iter().map(size).collect()
    }
}
