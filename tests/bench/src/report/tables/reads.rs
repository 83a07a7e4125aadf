//! Details and lists, beside the bare handler.

use std::fmt::Write as _;

use super::{count, first_error, heading, timed};
use crate::reads::{Kind, Row};

/// The one with the most tickets and connections.
pub(super) fn last_of_each_kind(rows: &[Row]) -> impl Iterator<Item = &Row> {
    let kinds = [Kind::Detail, Kind::List].into_iter();
    kinds.filter_map(|kind| rows.iter().rfind(|row| row.kind == kind))
}

/// What they were and took.
pub(super) fn reads(out: &mut String, rows: &[Row]) {
    heading(
        out,
        "Reads through the gateway, beside a bare handler with the same statements",
    );
    let _ = writeln!(
        out,
        "{:<32}{:>9}{:>9}{:>9}{:>7} |{:>9}{:>9}{:>9}{:>7} |{:>10}{:>7}",
        "",
        "a second",
        "p50 ms",
        "p99 ms",
        "errors",
        "bare",
        "p50 ms",
        "p99 ms",
        "ratio",
        "main query",
        "ratio"
    );
    for row in rows {
        let name = format!(
            "{}, {} tickets, {} conn.",
            row.kind.name(),
            row.tickets,
            row.connections
        );
        let _ = write!(
            out,
            "{name:<32}{}{:>7} |{}{:>7.2} |",
            timed(&row.ours),
            row.ours.errors,
            timed(&row.bare),
            row.ours.rate / row.bare.rate
        );
        match &row.main {
            Some(main) => {
                let _ = writeln!(out, "{:>10.0}{:>7.2}", main.rate, row.ours.rate / main.rate);
            }
            None => out.push('\n'),
        }
        first_error(out, &row.ours);
        first_error(out, &row.bare);
    }
    heading(out, "CPU per read (µs)");
    for row in rows {
        let parts: Vec<String> = row
            .usage
            .ranked()
            .into_iter()
            .map(|(name, seconds)| (name, 1e6 * seconds / count(row.ours.all)))
            .filter(|(_, micros)| *micros >= 1.0)
            .map(|(name, micros)| format!("{name} {micros:.0}"))
            .collect();
        let _ = writeln!(
            out,
            "{}, {} tickets, {} conn.: {} (others: {:.0} % of all cores)",
            row.kind.name(),
            row.tickets,
            row.connections,
            parts.join(" · "),
            100.0 * row.usage.others()
        );
    }
}
