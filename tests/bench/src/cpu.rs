//! CPU seconds by process: the eight services, PostgreSQL by database, NATS, and the load
//! generator itself.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde::Serialize;
use xtask::{service::Service, stack::Stack};

use crate::processes::{self, Stat};

/// How often a settling desk is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How much of one core a desk at rest may use.
const REST: f64 = 0.08;
/// How long a desk may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(30);
/// PostgreSQL's part that belongs to no database of the desk.
const REMAINDER: &str = "postgres, rest";
/// The load generator's name among the processes.
pub const GENERATOR: &str = "load generator";
/// `pgbench`'s, once it has ended.
const PGBENCH: &str = "pgbench";

/// CPU seconds since some time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Usage {
    /// By name of the process.
    by_process: BTreeMap<String, f64>,
    /// Of the whole machine.
    machine: f64,
    /// Seconds of the clock.
    elapsed: f64,
}

impl Usage {
    /// What was used since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let spent = self.by_process.iter().map(|(name, seconds)| {
            let before = earlier.by_process.get(name).copied().unwrap_or_default();
            // A backend that ended in between takes its time to the rest.
            (name.clone(), (seconds - before).max(0.0))
        });
        Self {
            by_process: spent.collect(),
            machine: self.machine - earlier.machine,
            elapsed: self.elapsed - earlier.elapsed,
        }
    }

    /// Names and seconds, the greatest first.
    pub fn ranked(&self) -> Vec<(&str, f64)> {
        let parts = self.by_process.iter();
        let mut parts: Vec<_> = parts.map(|(name, s)| (name.as_str(), *s)).collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        parts
    }

    /// Everything but the load generators.
    pub fn desk(&self) -> f64 {
        self.sum(|name| name != GENERATOR && name != PGBENCH)
    }

    /// All of PostgreSQL.
    pub fn postgres(&self) -> f64 {
        self.sum(|name| name.starts_with("postgres"))
    }

    /// The share of all cores that was spent on what is no part of the measurement.
    pub fn others(&self) -> f64 {
        let spare = (self.machine - self.sum(|_| true)).max(0.0);
        spare / (self.elapsed * cores()).max(f64::EPSILON)
    }

    fn sum(&self, wanted: impl Fn(&str) -> bool) -> f64 {
        let parts = self.by_process.iter().filter(|(name, _)| wanted(name));
        parts.map(|(_, seconds)| seconds).sum()
    }
}

fn cores() -> f64 {
    let (cores, _) = processes::machine();
    u32::try_from(cores).map_or(1.0, f64::from)
}

/// Reads the processes of one desk.
#[derive(Debug)]
pub struct Meter {
    services: Vec<(Service, u32)>,
    postmaster: Option<u32>,
    nats: Option<u32>,
    database_prefix: String,
    since: Instant,
}

impl Meter {
    /// For a running stack on servers of this machine.
    pub fn of(stack: &Stack, postgres_port: u16) -> Self {
        let pids = Service::ALL.into_iter();
        Self {
            services: pids.filter_map(|s| Some((s, stack.pid(s)?))).collect(),
            postmaster: processes::listener(postgres_port),
            nats: port_of(&stack.plan().nats).and_then(processes::listener),
            database_prefix: stack.plan().database_prefix.clone(),
            since: Instant::now(),
        }
    }

    /// CPU seconds so far.
    pub fn read(&self) -> Usage {
        let mut usage = BTreeMap::new();
        for (service, pid) in &self.services {
            add(&mut usage, service.name().to_owned(), own(*pid));
        }
        if let Some(pid) = self.nats {
            add(&mut usage, "nats".to_owned(), own(pid));
        }
        if let Some(pid) = self.postmaster {
            self.read_postgres(pid, &mut usage);
        }
        if let Some(stat) = Stat::of(std::process::id()) {
            add(&mut usage, GENERATOR.to_owned(), stat.own);
            add(&mut usage, PGBENCH.to_owned(), stat.ended_children);
        }
        Usage {
            by_process: usage,
            machine: processes::busy().unwrap_or_default(),
            elapsed: self.since.elapsed().as_secs_f64(),
        }
    }

    /// Proportional memory by service, in KiB.
    pub fn memory(&self) -> BTreeMap<&'static str, u64> {
        let read = |(service, pid): &(Service, u32)| {
            Some((service.name(), processes::proportional_memory(*pid)?))
        };
        self.services.iter().filter_map(read).collect()
    }

    /// Proportional memory of NATS, in KiB.
    pub fn bus_memory(&self) -> Option<u64> {
        processes::proportional_memory(self.nats?)
    }

    /// Waits until the desk has nothing left to do; answers how long that took.
    pub async fn settle(&self) -> Duration {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let before = self.read();
            tokio::time::sleep(LOOK).await;
            if self.read().since(&before).desk() < REST * LOOK.as_secs_f64() {
                break;
            }
        }
        since.elapsed().saturating_sub(LOOK)
    }

    fn read_postgres(&self, postmaster: u32, usage: &mut BTreeMap<String, f64>) {
        if let Some(stat) = Stat::of(postmaster) {
            add(usage, REMAINDER.to_owned(), stat.own + stat.ended_children);
        }
        for pid in processes::children(postmaster) {
            let part = postgres_part(&processes::title(pid), &self.database_prefix);
            add(usage, part, own(pid));
        }
    }
}

fn own(pid: u32) -> f64 {
    Stat::of(pid).map_or(0.0, |stat| stat.own)
}

fn add(usage: &mut BTreeMap<String, f64>, name: String, seconds: f64) {
    *usage.entry(name).or_default() += seconds;
}

/// A backend's title is `postgres: role database host(port) state`, a helper's
/// `postgres: walwriter`.
fn postgres_part(title: &str, prefix: &str) -> String {
    let mut words = title.split_whitespace().skip(1);
    let (first, second) = (words.next(), words.next());
    if let Some(database) = second.and_then(|word| word.strip_prefix(prefix)) {
        return format!("postgres, {database}");
    }
    match first {
        Some(helper @ ("walwriter" | "checkpointer" | "autovacuum")) => {
            format!("postgres, {helper}")
        }
        _ => REMAINDER.to_owned(),
    }
}

/// The port of a URL, by its last colon.
fn port_of(url: &str) -> Option<u16> {
    url.rsplit_once(':')?.1.trim_end_matches('/').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_count_for_their_database() {
        for (title, part) in [
            (
                "postgres: b_1_ticket_app b_1_ticket 127.0.0.1(5) idle",
                "postgres, ticket",
            ),
            ("postgres: walwriter ", "postgres, walwriter"),
            ("postgres: autovacuum launcher ", "postgres, autovacuum"),
            ("postgres: postgres postgres 127.0.0.1(5) idle", REMAINDER),
        ] {
            assert_eq!(postgres_part(title, "b_1_"), part, "{title}");
        }
    }

    #[test]
    fn only_what_was_used_in_between_counts() {
        let usage = |parts: &[(&str, f64)], machine, elapsed| Usage {
            by_process: parts.iter().map(|(n, s)| ((*n).to_owned(), *s)).collect(),
            machine,
            elapsed,
        };
        let before = usage(&[("nats", 1.0), ("postgres, ticket", 5.0)], 10.0, 1.0);
        let after = [("nats", 1.5), ("postgres, ticket", 4.0), (GENERATOR, 2.0)];
        let spent = usage(&after, 15.0, 3.0).since(&before);
        assert!((spent.desk() - 0.5).abs() < 1e-9);
        assert!(spent.postgres().abs() < 1e-9);
        assert_eq!(spent.ranked()[0].0, GENERATOR);
        assert!((spent.others() * cores() - 1.25).abs() < 1e-9);
    }

    #[test]
    fn ports_are_the_last_part_of_a_url() {
        assert_eq!(port_of("nats://user:pw@127.0.0.1:4222"), Some(4222));
        assert_eq!(port_of("nats://x"), None);
    }
}
