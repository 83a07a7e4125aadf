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

/// CPU seconds by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Usage(BTreeMap<String, f64>);

impl Usage {
    /// What was used since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let spent = self.0.iter().map(|(name, seconds)| {
            let before = earlier.0.get(name).copied().unwrap_or_default();
            // A backend that ended in between takes its time to the rest.
            (name.clone(), (seconds - before).max(0.0))
        });
        Self(spent.collect())
    }

    /// Names and seconds, the greatest first.
    pub fn ranked(&self) -> Vec<(&str, f64)> {
        let mut parts: Vec<_> = self.0.iter().map(|(name, s)| (name.as_str(), *s)).collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        parts
    }

    /// Everything but the load generator.
    pub fn desk(&self) -> f64 {
        let parts = self.0.iter().filter(|(name, _)| *name != GENERATOR);
        parts.map(|(_, seconds)| seconds).sum()
    }

    /// All of PostgreSQL.
    pub fn postgres(&self) -> f64 {
        let parts = self
            .0
            .iter()
            .filter(|(name, _)| name.starts_with("postgres"));
        parts.map(|(_, seconds)| seconds).sum()
    }
}

/// Reads the processes of one desk.
#[derive(Debug)]
pub struct Meter {
    services: Vec<(Service, u32)>,
    postmaster: Option<u32>,
    nats: Option<u32>,
    database_prefix: String,
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
        add(&mut usage, GENERATOR.to_owned(), own(std::process::id()));
        Usage(usage)
    }

    /// Proportional memory by service, in KiB.
    pub fn memory(&self) -> BTreeMap<&'static str, u64> {
        let read = |(service, pid): &(Service, u32)| {
            Some((service.name(), processes::proportional_memory(*pid)?))
        };
        self.services.iter().filter_map(read).collect()
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
        let usage = |parts: &[(&str, f64)]| {
            Usage(parts.iter().map(|(n, s)| ((*n).to_owned(), *s)).collect())
        };
        let before = usage(&[("nats", 1.0), ("postgres, ticket", 5.0)]);
        let after = usage(&[("nats", 1.5), ("postgres, ticket", 4.0), (GENERATOR, 2.0)]);
        let spent = after.since(&before);
        assert!((spent.desk() - 0.5).abs() < 1e-9);
        assert!(spent.postgres().abs() < 1e-9);
        assert_eq!(spent.ranked()[0].0, GENERATOR);
    }

    #[test]
    fn ports_are_the_last_part_of_a_url() {
        assert_eq!(port_of("nats://user:pw@127.0.0.1:4222"), Some(4222));
        assert_eq!(port_of("nats://x"), None);
    }
}
