//! A run in words, as a picture and as a file.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use serde_json::{Value, json};

use super::{
    gauges::Gauges,
    sample::Sample,
    verdict::{Check, Run},
};
use crate::{
    plot::lines::{self, Line, Panel},
    processes,
};

/// Points of a series in the file.
const POINTS: usize = 60;
/// Errors that are shown.
const SHOWN: usize = 5;

/// The table of demands, and how fast it was.
pub fn table(run: &Run, checks: &[Check]) -> String {
    let mut lines = vec![format!(
        "{} answers in {:.1} minutes, {:.1} a second; at rest {:.1} s later",
        run.answers(),
        minutes(run.lasted),
        run.achieved(),
        run.settled.as_secs_f64()
    )];
    let (p50, p99) = (
        middle(run, |s| s.latencies.median()),
        middle(run, |s| s.latencies.p99()),
    );
    lines.push(format!(
        "median of the samples: p50 {p50:.1} ms, p99 {p99:.1} ms"
    ));
    for check in checks {
        let mark = if check.good { "ok  " } else { "MISS" };
        lines.push(format!(
            "{mark}  {:<38} {:>34}   {}",
            check.name, check.found, check.limit
        ));
    }
    let errors = run
        .samples
        .iter()
        .chain([&run.rest])
        .flat_map(|sample| &sample.errors);
    lines.extend(errors.take(SHOWN).map(|error| format!("      {error}")));
    lines.join("\n")
}

/// The picture.
///
/// # Errors
/// When it cannot be drawn.
pub fn picture(run: &Run) -> Result<String> {
    let title = format!(
        "Soak: {:.0} minutes at {:.0} requests a second",
        minutes(run.lasted),
        run.achieved()
    );
    let memory = panel(
        "Memory (proportional share)",
        "MiB",
        by_name(run, |s| s.memory.clone()),
    );
    let latency = |name: &str, value: fn(&Sample) -> f64| Line {
        name: name.to_owned(),
        points: run.series(value),
    };
    let latencies = vec![
        latency("p50", |sample| sample.latencies.median()),
        latency("p99", |sample| sample.latencies.p99()),
    ];
    let panels = [
        memory,
        panel("Latency from the moment planned", "ms", latencies),
        panel(
            "Connections of the pools in use",
            "connections",
            gauge(run, |g| g.used),
        ),
        panel(
            "Events not yet published",
            "events",
            gauge(run, |g| g.pending),
        ),
        panel("Events not yet consumed", "events", gauge(run, |g| g.lag)),
        panel(
            "Databases",
            "MiB",
            by_name(run, |sample| sizes(&sample.databases)),
        ),
    ];
    lines::picture(&title, &panels)
}

/// The file: verdict and thinned series.
pub fn document(run: &Run, checks: &[Check]) -> Value {
    let (cores, memory) = processes::machine();
    let checks: Vec<Value> = checks
        .iter()
        .map(|c| json!({"name": c.name, "found": c.found, "limit": c.limit, "met": c.good}))
        .collect();
    let single = |value: fn(&Sample) -> f64| thinned(&run.series(value));
    let errors: fn(&Sample) -> f64 =
        |sample| u32::try_from(sample.errors.len()).map_or(f64::MAX, f64::from);
    json!({
        "machine": {"cores": cores, "memory_mib": memory},
        "minutes": minutes(run.lasted),
        "requests_a_second": run.achieved(),
        "answers": run.answers(),
        "settled_seconds": run.settled.as_secs_f64(),
        "checks": checks,
        "series": {
            "minute": single(|sample| sample.minute),
            "p50_ms": single(|sample| sample.latencies.median()),
            "p99_ms": single(|sample| sample.latencies.p99()),
            "answers_a_second": single(|sample| sample.rate),
            "errors": single(errors),
            "postgres_connections": single(|sample| sample.connections),
            "memory_mib": named(&by_name(run, |sample| sample.memory.clone())),
            "database_mib": named(&by_name(run, |sample| sizes(&sample.databases))),
            "pool_connections_used": named(&gauge(run, |gauges| gauges.used)),
            "outbox_pending": named(&gauge(run, |gauges| gauges.pending)),
            "outbox_oldest_seconds": named(&gauge(run, |gauges| gauges.oldest)),
            "consumer_lag": named(&gauge(run, |gauges| gauges.lag)),
            "dead_letters": named(&gauge(run, |gauges| gauges.dead)),
            "metric_series": named(&gauge(run, |gauges| gauges.series)),
        },
    })
}

fn minutes(time: Duration) -> f64 {
    time.as_secs_f64() / 60.0
}

/// The median over the samples.
fn middle(run: &Run, value: fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = run.samples.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn panel(title: &str, unit: &str, lines: Vec<Line>) -> Panel {
    Panel {
        title: title.to_owned(),
        unit: unit.to_owned(),
        lines,
    }
}

fn sizes(databases: &BTreeMap<String, f64>) -> BTreeMap<&str, f64> {
    let sizes = databases.iter();
    sizes.map(|(name, size)| (name.as_str(), *size)).collect()
}

/// A line for each name of the last sample.
fn by_name<'a>(run: &'a Run, values: impl Fn(&'a Sample) -> BTreeMap<&'a str, f64>) -> Vec<Line> {
    let names = run.samples.last().map(&values).unwrap_or_default();
    let line = |name: &str| Line {
        name: name.to_owned(),
        points: run
            .samples
            .iter()
            .filter_map(|sample| Some((sample.minute, *values(sample).get(name)?)))
            .collect(),
    };
    names.keys().map(|name| line(name)).collect()
}

/// A line for each service that ever had some.
fn gauge(run: &Run, value: fn(&Gauges) -> f64) -> Vec<Line> {
    let lines = run.services().map(|service| Line {
        name: service.to_owned(),
        points: run.series(|sample| sample.gauges.get(service).map_or(0.0, value)),
    });
    lines
        .filter(|line| line.points.iter().any(|point| point.1 > 0.0))
        .collect()
}

fn named(lines: &[Line]) -> Value {
    let named = lines
        .iter()
        .map(|line| (line.name.clone(), json!(thinned(&line.points))));
    Value::Object(named.collect())
}

/// The values of some points, evenly chosen, to two digits.
fn thinned(points: &[(f64, f64)]) -> Vec<f64> {
    let step = points.len().div_ceil(POINTS).max(1);
    let values = points.iter().step_by(step).map(|point| point.1);
    values
        .map(|value| (value * 100.0).round() / 100.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_thinned_evenly() {
        let points: Vec<_> = (0..240).map(|n| (0.0, f64::from(n) + 0.001)).collect();
        let values = thinned(&points);
        assert_eq!(values.len(), POINTS);
        assert_eq!(values[..3], [0.0, 4.0, 8.0]);
        assert_eq!(thinned(&points[..7]).len(), 7);
    }
}
