//! The goals, and whether they were met.

use super::{Findings, Verdict};
use crate::{creates, hop::Hop, latency::Latencies, reads, scale::Point};

/// Creates beside `pgbench` with one ticket a statement, by connections.
const CREATE_RATIOS: [(usize, f64); 2] = [(8, 0.5), (32, 0.75)];
/// Creates a second at the most connections.
const CREATE_RATE: f64 = 1_500.0;
/// The 99th percentile at half of the most, beside `pgbench`'s at half of its own.
const HALF_RATIO: f64 = 3.0;
/// Microseconds that the gateway adds.
const HOP: f64 = 150.0;
/// Details beside the bare handler.
const DETAIL_RATIO: f64 = 0.35;
/// All services idle, in MiB.
const IDLE: f64 = 150.0;
/// Seconds until all are ready.
const READY: f64 = 2.0;

/// Every figure that is worth comparing with another run's.
pub fn verdicts(findings: &Findings) -> Vec<Verdict> {
    let creates = &findings.creates;
    let mut verdicts: Vec<Verdict> = creates.rows.iter().flat_map(create).collect();
    verdicts.extend(at_half(&creates.half));
    if let Some(most) = creates.rows.iter().find(|row| row.point == creates::MOST) {
        let name = "create, 32 conn., beside JetStream's publishing";
        let ours = most.ours.outcome.rate;
        verdicts.push(Verdict::beside(name, "/s", ours, findings.published));
    }
    verdicts.extend(findings.reads.iter().flat_map(read));
    verdicts.push(hop(&findings.hop));
    verdicts.extend(memory(findings));
    verdicts.extend(starts(findings));
    verdicts
}

/// The open loop.
fn at_half(half: &creates::Half) -> Vec<Verdict> {
    let took = |paced: &creates::Paced, share| paced.outcome.latencies.per_mille(share);
    let mut verdicts: Vec<Verdict> = [("p50", 500), ("p99", 990), ("p99.9", 999)]
        .into_iter()
        .map(|(word, share)| {
            let name = format!("create, open loop at half, {word}");
            let (ours, theirs) = (took(&half.ours, share), took(&half.one, share));
            let verdict = Verdict::beside(name, "ms", ours, theirs);
            if share == 990 {
                verdict.with_ratio_up_to(HALF_RATIO)
            } else {
                verdict
            }
        })
        .collect();
    let (ours, theirs) = (&half.ours, &half.one);
    let rate = |paced: &creates::Paced| paced.outcome.rate;
    let name = "create, open loop at half, answered";
    verdicts.push(Verdict::beside(name, "/s", rate(ours), rate(theirs)));
    let errors = f64::from(u32::try_from(ours.outcome.errors).unwrap_or(u32::MAX));
    let name = "create, open loop at half, errors";
    verdicts.push(Verdict::alone(name, "", errors).of_at_most(1.0));
    verdicts
}

fn hop(hop: &Hop) -> Verdict {
    let micros = |latencies: &Latencies| 1e3 * latencies.median();
    let name = "detail, added by the gateway beside an echo, median";
    Verdict::beside(name, "µs", hop.added(), micros(&hop.echo)).of_at_most(HOP)
}

fn memory(findings: &Findings) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (when, memory) in [("idle", &findings.idle), ("loaded", &findings.loaded)] {
        // Where the system does not tell, there is nothing to say.
        if memory.is_empty() {
            continue;
        }
        let all = format!("memory, all services {when}");
        let all = Verdict::alone(all, "MiB", mebibytes(memory.values().sum()));
        verdicts.push(if when == "idle" {
            all.of_at_most(IDLE)
        } else {
            all
        });
        verdicts.extend(memory.iter().map(|(service, kib)| {
            Verdict::alone(format!("memory, {service} {when}"), "MiB", mebibytes(*kib))
        }));
    }
    verdicts
}

fn starts(findings: &Findings) -> Vec<Verdict> {
    let ready = Verdict::alone("start, until all services are ready", "s", findings.ready);
    let starts = findings.starts.iter().map(|(service, took)| {
        Verdict::alone(format!("start, {service} ready"), "s", took.as_secs_f64())
    });
    let size = Verdict::alone(
        "binary, of all services",
        "MiB",
        mebibytes(findings.size / 1024),
    );
    let mut verdicts = vec![ready.of_at_most(READY)];
    verdicts.extend(starts);
    verdicts.push(size);
    verdicts
}

fn create(row: &creates::Row) -> Vec<Verdict> {
    let name = format!("create, {}", describe(row.point));
    let ours = row.ours.outcome.rate;
    let (Some(one), Some(shared)) = (&row.one, &row.shared) else {
        return vec![Verdict::alone(name, "/s", ours)];
    };
    let plain = Point::new(row.point.connections) == row.point;
    let goal = CREATE_RATIOS
        .into_iter()
        .find(|(connections, _)| plain && *connections == row.point.connections);
    let mut beside_one = Verdict::beside(name.clone(), "/s", ours, one.outcome.rate);
    if let Some((_, least)) = goal {
        beside_one = beside_one.with_ratio_of(least);
    }
    let beside_shared =
        Verdict::beside(format!("{name}, by eight"), "/s", ours, shared.outcome.rate);
    let mut verdicts = vec![beside_one, beside_shared];
    if row.point == creates::MOST {
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

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52 KiB")]
fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

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
