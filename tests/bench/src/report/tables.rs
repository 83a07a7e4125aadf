//! The tables at the end of a run.

mod processes;
mod reads;

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Findings, verdicts::describe};
use crate::{
    counters::Bill,
    creates::{Half, Row, Series},
    load::Outcome,
};

/// How much of a statement's text is shown.
const QUERY: usize = 64;

/// Everything, in the order in which one reads it.
pub fn print(findings: &Findings) -> String {
    let mut out = String::new();
    let (cores, memory) = crate::processes::machine();
    let memory = memory.map_or(String::new(), |mib| format!(", {mib} MiB of memory"));
    let _ = writeln!(
        out,
        "\n{cores} cores{memory}; load generator, yardsticks and servers on the same cores"
    );
    creates(&mut out, &findings.creates);
    at_half(&mut out, &findings.creates.half);
    costs(&mut out, &findings.creates, findings.counts_statements);
    bill(&mut out, &findings.creates.bill);
    reads::reads(&mut out, &findings.reads);
    for row in reads::last_of_each_kind(&findings.reads) {
        bill(&mut out, &row.bill);
    }
    processes::gateway(&mut out, &findings.hop);
    processes::services(&mut out, findings);
    let _ = writeln!(
        out,
        "\nJetStream takes {:.0} messages a second",
        findings.published
    );
    out
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{text}");
}

fn creates(out: &mut String, series: &Series) {
    heading(
        out,
        "Creates through both gateways, beside pgbench with the same statement",
    );
    let _ = writeln!(
        out,
        "{:<24}{:>9}{:>9}{:>9}{:>7} |{:>9}{:>9}{:>9}{:>7} |{:>9}{:>7}",
        "",
        "tickets/s",
        "p50 ms",
        "p99 ms",
        "errors",
        "pgbench 1",
        "p50 ms",
        "p99 ms",
        "ratio",
        "by eight",
        "ratio"
    );
    for row in &series.rows {
        let ours = &row.ours.outcome;
        let _ = write!(
            out,
            "{:<24}{}{:>7} |",
            describe(row.point),
            timed(ours),
            ours.errors
        );
        match (&row.one, &row.shared) {
            (Some(one), Some(shared)) => {
                let _ = writeln!(
                    out,
                    "{}{:>7.2} |{:>9.0}{:>7.2}",
                    timed(&one.outcome),
                    ours.rate / one.outcome.rate,
                    shared.outcome.rate,
                    ours.rate / shared.outcome.rate
                );
            }
            _ => out.push('\n'),
        }
        first_error(out, ours);
    }
}

fn at_half(out: &mut String, half: &Half) {
    heading(
        out,
        "Creates at half of that, each timed from when it was due; pgbench at half of its own",
    );
    let _ = writeln!(
        out,
        "{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "", "due/s", "done/s", "p50 ms", "p99 ms", "p99.9 ms", "errors"
    );
    for (name, paced) in [("the desk", &half.ours), ("pgbench", &half.one)] {
        let _ = writeln!(
            out,
            "{name:<24}{:>9.0}{}{:>9.2}{:>9}",
            paced.rate,
            timed(&paced.outcome),
            paced.outcome.latencies.per_mille(999),
            paced.outcome.errors
        );
        first_error(out, &paced.outcome);
    }
}

fn timed(outcome: &Outcome) -> String {
    let latencies = &outcome.latencies;
    format!(
        "{:>9.0}{:>9.2}{:>9.2}",
        outcome.rate,
        latencies.median(),
        latencies.p99()
    )
}

fn first_error(out: &mut String, outcome: &Outcome) {
    if let Some(error) = &outcome.first_error {
        let _ = writeln!(out, "  first error: {error}");
    }
}

fn costs(out: &mut String, series: &Series, counts_statements: bool) {
    heading(
        out,
        "Per create, until all consumers had caught up (CPU in µs)",
    );
    let mut names: Vec<&str> = Vec::new();
    for row in &series.rows {
        for (name, seconds) in row.ours.usage.ranked() {
            if seconds > 0.0 && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    row_of(out, "", series, |row| describe(row.point));
    for name in names {
        row_of(out, name, series, |row| {
            let used = row
                .ours
                .usage
                .ranked()
                .into_iter()
                .find(|(other, _)| *other == name);
            format!(
                "{:.0}",
                1e6 * per_create(row, used.map_or(0.0, |(_, seconds)| seconds))
            )
        });
    }
    row_of(out, "all but the generator", series, |row| {
        format!("{:.0}", 1e6 * per_create(row, row.ours.usage.desk()))
    });
    row_of(out, "others' share of all cores", series, |row| {
        format!("{:.0} %", 100.0 * row.ours.usage.others())
    });
    row_of(out, "the same beside pgbench", series, |row| {
        row.one.as_ref().map_or(String::new(), |one| {
            format!("{:.0} %", 100.0 * one.usage.others())
        })
    });
    row_of(out, "pgbench's PostgreSQL", series, |row| {
        row.one.as_ref().map_or(String::new(), |one| {
            format!("{:.0}", 1e6 * one.usage.postgres() / count(one.outcome.all))
        })
    });
    row_of(out, "syncs of the WAL", series, |row| {
        format!("{:.2}", per_create(row, signed(row.counts.wal_syncs)))
    });
    row_of(out, "bytes of WAL", series, |row| {
        format!("{:.0}", per_create(row, signed(row.counts.wal_bytes)))
    });
    by_database(out, "commits", series, |row| &row.counts.commits);
    if counts_statements {
        by_database(out, "statements", series, |row| &row.counts.statements);
    } else {
        let _ = writeln!(
            out,
            "statements: the server does not count them (pg_stat_statements)"
        );
    }
    row_of(out, "consumers done after, s", series, |row| {
        format!("{:.1}", row.settled)
    });
}

fn row_of(out: &mut String, name: &str, series: &Series, cell: impl Fn(&Row) -> String) {
    let _ = write!(out, "{name:<26}");
    for row in &series.rows {
        let _ = write!(out, "{:>24}", cell(row));
    }
    out.push('\n');
}

fn by_database(
    out: &mut String,
    what: &str,
    series: &Series,
    counts: impl Fn(&Row) -> &BTreeMap<String, i64>,
) {
    let mut names: Vec<&String> = series
        .rows
        .iter()
        .flat_map(|row| counts(row).keys())
        .collect();
    names.sort();
    names.dedup();
    for name in names {
        row_of(out, &format!("{what}, {name}"), series, |row| {
            let times = counts(row).get(name).copied().unwrap_or_default();
            format!("{:.2}", per_create(row, signed(times)))
        });
    }
}

fn per_create(row: &Row, amount: f64) -> f64 {
    amount / count(row.ours.outcome.all)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of one run are far below 2^52"
)]
fn count(all: u64) -> f64 {
    all.max(1) as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of one run are far below 2^52"
)]
fn signed(amount: i64) -> f64 {
    amount as f64
}

fn bill(out: &mut String, bill: &Bill) {
    if bill.statements.is_empty() {
        return;
    }
    let load = &bill.load;
    heading(
        out,
        &format!("Where PostgreSQL's time went: {load} (µs, waits for locks and syncs included)"),
    );
    let _ = writeln!(
        out,
        "{:<12}{:>12}{:>12}{:>12}  statement",
        "database", "calls", "a call", "for each"
    );
    for costly in &bill.statements {
        let query: String = costly
            .query
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let _ = writeln!(
            out,
            "{:<12}{:>12}{:>12.0}{:>12.0}  {}",
            costly.database,
            costly.calls,
            1e3 * costly.time / signed(costly.calls.max(1)),
            1e3 * costly.time / count(bill.answers),
            query.chars().take(QUERY).collect::<String>()
        );
    }
}
