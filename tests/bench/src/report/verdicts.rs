//! The goals, and whether they were met.

use serde::Serialize;

use super::Findings;
use crate::{creates, reads, scale::Point};

/// Creates beside `pgbench` with one ticket a statement.
const CREATE_RATIO: f64 = 0.25;
/// Creates a second at the most connections.
const CREATE_RATE: f64 = 1_500.0;
/// Details beside the bare handler.
const DETAIL_RATIO: f64 = 0.35;
/// All services idle, in MiB.
const IDLE: f64 = 150.0;
/// Seconds until all are ready.
const READY: f64 = 2.0;

/// One figure with its yardstick and goal, where it has them.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// What was measured.
    pub name: String,
    /// Its unit.
    pub unit: &'static str,
    /// Our figure.
    pub ours: f64,
    /// The yardstick's.
    pub yardstick: Option<f64>,
    /// Ours by the yardstick's.
    pub ratio: Option<f64>,
    /// In words.
    pub goal: Option<String>,
    /// Whether it was met.
    pub met: Option<bool>,
}

impl Verdict {
    fn beside(name: String, unit: &'static str, ours: f64, yardstick: f64) -> Self {
        Self {
            name,
            unit,
            ours,
            yardstick: Some(yardstick),
            ratio: Some(ours / yardstick),
            goal: None,
            met: None,
        }
    }

    /// A figure without a yardstick.
    pub fn alone(name: String, unit: &'static str, ours: f64) -> Self {
        Self {
            name,
            unit,
            ours,
            yardstick: None,
            ratio: None,
            goal: None,
            met: None,
        }
    }

    fn with_ratio_of(mut self, least: f64) -> Self {
        self.goal = Some(format!("≥ {least} ×"));
        self.met = self.ratio.map(|ratio| ratio >= least);
        self
    }

    /// The goal: so much, or more.
    #[must_use]
    pub fn of_at_least(mut self, least: f64) -> Self {
        self.goal = Some(format!("≥ {least} {}", self.unit));
        self.met = Some(self.ours >= least);
        self
    }

    /// The goal: less than this.
    #[must_use]
    pub fn of_at_most(mut self, most: f64) -> Self {
        self.goal = Some(format!("< {most} {}", self.unit));
        self.met = Some(self.ours < most);
        self
    }
}

/// Every figure that is worth comparing with another run's.
pub fn verdicts(findings: &Findings) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = findings.creates.rows.iter().flat_map(create).collect();
    verdicts.extend(findings.reads.iter().flat_map(read));
    if !findings.idle.is_empty() {
        let name = "memory, all services idle".to_owned();
        verdicts.push(Verdict::alone(name, "MiB", mebibytes(&findings.idle)).of_at_most(IDLE));
        let name = "memory, all services loaded".to_owned();
        verdicts.push(Verdict::alone(name, "MiB", mebibytes(&findings.loaded)));
    }
    let name = "ready, from the start of all services".to_owned();
    verdicts.push(Verdict::alone(name, "s", findings.ready).of_at_most(READY));
    verdicts
}

fn create(row: &creates::Row) -> Vec<Verdict> {
    let name = format!("create, {}", describe(row.point));
    let ours = row.ours.outcome.rate;
    let (Some(one), Some(shared)) = (&row.one, &row.shared) else {
        return vec![Verdict::alone(name, "/s", ours)];
    };
    let plain = Point::new(row.point.connections) == row.point;
    let mut beside_one = Verdict::beside(name.clone(), "/s", ours, one.outcome.rate);
    if plain && row.point.connections > 1 {
        beside_one = beside_one.with_ratio_of(CREATE_RATIO);
    }
    let beside_shared =
        Verdict::beside(format!("{name}, by eight"), "/s", ours, shared.outcome.rate);
    let mut verdicts = vec![beside_one, beside_shared];
    if plain && row.point.connections == 32 {
        let name = format!("{name}, in all");
        verdicts.push(Verdict::alone(name, "/s", ours).of_at_least(CREATE_RATE));
    }
    verdicts
}

/// A point of the creates in words.
pub fn describe(point: Point) -> String {
    let mut words = format!("{} conn.", point.connections);
    if point.projects == 1 {
        words.push_str(", 1 project");
    }
    if point.keyed {
        words.push_str(", idempotent");
    }
    words
}

fn read(row: &reads::Row) -> Vec<Verdict> {
    let name = format!(
        "{}, {} tickets, {} conn.",
        row.kind.name(),
        row.tickets,
        row.connections
    );
    let mut beside_bare = Verdict::beside(name.clone(), "/s", row.ours.rate, row.bare.rate);
    if row.kind == reads::Kind::Detail {
        beside_bare = beside_bare.with_ratio_of(DETAIL_RATIO);
    }
    let mut verdicts = vec![beside_bare];
    if let Some(main) = &row.main {
        let name = format!("{name}, main query");
        verdicts.push(Verdict::beside(name, "/s", row.ours.rate, main.rate));
    }
    verdicts
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 KiB")]
fn mebibytes(memory: &std::collections::BTreeMap<&'static str, u64>) -> f64 {
    memory.values().sum::<u64>() as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_met_or_missed() {
        let ratio = Verdict::beside("x".into(), "/s", 30.0, 100.0);
        assert_eq!(ratio.clone().with_ratio_of(0.25).met, Some(true));
        assert_eq!(ratio.clone().with_ratio_of(0.35).met, Some(false));
        assert_eq!(ratio.met, None);
        let alone = Verdict::alone("x".into(), "s", 2.5);
        assert_eq!(alone.clone().of_at_most(2.0).met, Some(false));
        assert_eq!(alone.of_at_least(2.0).met, Some(true));
    }

    #[test]
    fn points_are_told_apart() {
        let single = Point {
            projects: 1,
            keyed: true,
            ..Point::new(8)
        };
        assert_eq!(describe(Point::new(8)), "8 conn.");
        assert_eq!(describe(single), "8 conn., 1 project, idempotent");
    }
}
