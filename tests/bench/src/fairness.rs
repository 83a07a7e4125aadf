//! What others notice of one key that asks for a hundred times its quota, and of a mail server
//! that hangs: windows with and without, in turns, so that all see the same machine.
//!
//! A key may file as many tickets as its quota allows, and they take their part of the same cores.
//! So what it asks beyond is compared with windows in which it asks for just that; how both compare
//! with quiet windows, and with a bare echo asked as much, is told, too.

mod replies;
mod windows;

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::json;

use self::windows::{Kind, Measured, Stage};
use crate::report::{Found, Verdict};

/// Goal: the others' 99th percentile, beside what it is without.
const MOVED: f64 = 1.1;

/// Measures and prints the table.
///
/// # Errors
/// When the desk cannot be started, or the busy key gets less refused than it should.
pub async fn run(quick: bool) -> Result<Found> {
    let stage = Stage::start(quick).await?;
    let measured = stage.measure().await;
    stage.stop().await;
    let measured = measured?;
    xtask::say::line(table(&measured));
    Ok(Found {
        verdicts: verdicts(&measured),
        details: json!({
            "p99_ms": Kind::ALL.map(|kind| json!({
                "window": kind.name(), "each": measured.p99s(kind), "median": measured.p99(kind),
            })),
            "refused": measured.refused,
            "not_refused": measured.other,
            "errors": measured.errors,
        }),
    })
}

fn verdicts(measured: &Measured) -> Vec<Verdict> {
    let beside = |name: &str, with, without| {
        let (with, without) = (measured.p99(with), measured.p99(without));
        Verdict::beside(
            format!("fairness, {name}: p99 of others"),
            "ms",
            with,
            without,
        )
    };
    let noise = measured.noise(Kind::Quiet) * 100.0;
    vec![
        beside("a key at 100 × its quota", Kind::Busy, Kind::Lawful).with_ratio_up_to(MOVED),
        beside("the same beside an echo", Kind::Busy, Kind::Echo),
        beside("the same beside quiet", Kind::Busy, Kind::Quiet),
        beside("a key at its quota", Kind::Lawful, Kind::Quiet),
        beside("an echo asked as much", Kind::Echo, Kind::Quiet),
        beside("a mail server hangs", Kind::Hanging, Kind::Mailing).with_ratio_up_to(MOVED),
        Verdict::alone("fairness, quiet windows differ by", "%", noise),
    ]
}

fn table(measured: &Measured) -> String {
    let mut out = String::from("\nWhat the other keys' creates take, p99 in ms by window\n");
    for kind in Kind::ALL {
        let _ = write!(out, "{:<34}", kind.name());
        for p99 in measured.p99s(kind) {
            let _ = write!(out, "{p99:>8.2}");
        }
        let (median, noise) = (measured.p99(kind), 100.0 * measured.noise(kind));
        let _ = writeln!(out, "   median {median:.2}, ± {noise:.0} %");
    }
    let _ = write!(
        out,
        "the busy key: {} refused, {} within its quota or not sent in time; others: {} failed",
        measured.refused, measured.other, measured.errors
    );
    out
}
