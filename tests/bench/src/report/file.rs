//! The run as a file that later runs, and plots, are compared with.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::{Findings, Verdict};
use crate::{
    creates::{Measured, Row},
    load::Outcome,
    processes, reads,
};

/// Writes it, whole.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, findings: &Findings, verdicts: &[Verdict]) -> Result<()> {
    save(path, &document(findings, verdicts))
}

/// Writes a document, whole.
///
/// # Errors
/// When the file cannot be written.
pub fn save(path: &Path, document: &Value) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

fn document(findings: &Findings, verdicts: &[Verdict]) -> Value {
    let (cores, memory) = processes::machine();
    let creates: Vec<Value> = findings.creates.rows.iter().map(create).collect();
    let reads: Vec<Value> = findings.reads.iter().map(read).collect();
    json!({
        "machine": {"cores": cores, "memory_mib": memory},
        "at": findings.at,
        "quick": findings.quick,
        "rows": verdicts,
        "creates": creates,
        "reads": reads,
        "memory_kib": {"idle": findings.idle, "loaded": findings.loaded},
        "ready_seconds": findings.ready,
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
