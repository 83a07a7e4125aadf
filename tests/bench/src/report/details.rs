//! All that the figures of a run were made from, for the file of results.

use serde_json::{Value, json};

use super::Findings;
use crate::{
    creates::{Measured, Paced, Row},
    latency::Latencies,
    load::Outcome,
    reads,
};

/// All of it.
pub fn details(findings: &Findings) -> Value {
    let creates: Vec<Value> = findings.creates.rows.iter().map(create).collect();
    let reads: Vec<Value> = findings.reads.iter().map(read).collect();
    let (half, hop) = (&findings.creates.half, &findings.hop);
    json!({
        "creates": creates,
        "creates_at_half": {"ours": paced(&half.ours), "pgbench": paced(&half.one)},
        "reads": reads,
        "hop": {
            "through": latencies(&hop.through),
            "direct": latencies(&hop.direct),
            "echo": latencies(&hop.echo),
        },
        "published_per_second": findings.published,
        "memory_kib": {"idle": findings.idle, "loaded": findings.loaded},
        "binary_bytes": findings.size,
    })
}

fn paced(paced: &Paced) -> Value {
    json!({"due_per_second": paced.rate, "outcome": outcome(&paced.outcome)})
}

fn latencies(latencies: &Latencies) -> Value {
    json!({
        "p50_ms": latencies.median(),
        "p99_ms": latencies.p99(),
        "p999_ms": latencies.per_mille(999),
        "count": latencies.count(),
    })
}

fn create(row: &Row) -> Value {
    json!({
        "connections": row.point.connections,
        "projects": row.point.projects,
        "idempotent": row.point.keyed,
        "ours": measured(&row.ours),
        "pgbench": row.one.as_ref().map(measured),
        "pgbench_by_eight": row.shared.as_ref().map(measured),
        "commits": row.counts.commits,
        "statements": row.counts.statements,
        "wal_bytes": row.counts.wal_bytes,
        "wal_syncs": row.counts.wal_syncs,
        "settled_seconds": row.settled,
    })
}

fn read(row: &reads::Row) -> Value {
    json!({
        "kind": row.kind.name(),
        "tickets": row.tickets,
        "connections": row.connections,
        "ours": outcome(&row.ours),
        "bare": outcome(&row.bare),
        "bare_main_query": row.main.as_ref().map(outcome),
        "cpu_seconds": row.usage,
    })
}

fn measured(measured: &Measured) -> Value {
    json!({
        "outcome": outcome(&measured.outcome),
        "cpu_seconds": measured.usage,
    })
}

fn outcome(outcome: &Outcome) -> Value {
    let latencies = &outcome.latencies;
    json!({
        "per_second": outcome.rate,
        "p50_ms": latencies.median(),
        "p99_ms": latencies.p99(),
        "p999_ms": latencies.per_mille(999),
        "all": outcome.all,
        "errors": outcome.errors,
        "first_error": outcome.first_error,
    })
}
