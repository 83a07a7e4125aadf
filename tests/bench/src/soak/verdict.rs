//! What a desk must show after a soak: that it does not grow, and that it comes to rest.

use std::time::Duration;

use super::{sample::Sample, trend::Trend};

/// A run shorter than this tells nothing about growth: caches fill for minutes.
const SHORT: Duration = Duration::from_mins(5);
/// Of a process's median memory, or of its count of series, in the judged time.
const GROWTH: f64 = 0.05;
/// MiB that a process may gain in any case: an allocator's arenas are not given back evenly.
const SPARE: f64 = 2.0;
/// Series that a process may gain in any case: a route's first error is a new one.
const SPARE_SERIES: f64 = 20.0;
/// The share of the wanted rate that must have been kept.
const KEPT: f64 = 0.95;
/// The share of it below which a sample counts as a stall.
const STALL: f64 = 0.5;
/// Of the median of the samples' 99th percentiles, in the judged time.
const SLOWER: f64 = 0.5;
/// Milliseconds that they may gain in any case.
const SPARE_MILLIS: f64 = 10.0;
/// Events that may wait more at the end than before, published or consumed a moment later.
const SPARE_EVENTS: f64 = 50.0;

/// A run that is over.
#[derive(Debug, Clone)]
pub struct Run {
    /// How long the load lasted.
    pub lasted: Duration,
    /// Wanted requests a second.
    pub rate: u32,
    /// Taken under load.
    pub samples: Vec<Sample>,
    /// Taken when the desk had come to rest, or was no longer waited for.
    pub rest: Sample,
    /// From the end of the load to then.
    pub settled: Duration,
}

/// One demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub limit: String,
    /// Whether it holds.
    pub good: bool,
}

impl Check {
    fn new(name: &str, found: String, limit: String, good: bool) -> Self {
        Self {
            name: name.to_owned(),
            found,
            limit,
            good,
        }
    }

    /// Something that must not be left or happen.
    fn none(name: &str, found: f64) -> Self {
        Self::new(name, format!("{found:.0}"), "0".to_owned(), found < 0.5)
    }
}

impl Run {
    /// Every demand.
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![
            self.kept(),
            Check::none("samples with less than half of them", self.stalls()),
            Check::none("requests that failed", self.errors()),
        ];
        checks.extend([
            Check::none(
                "answers 5xx, of any service",
                self.rest(|gauges| gauges.failures),
            ),
            Check::none(
                "connections in use at rest",
                self.rest(|gauges| gauges.used),
            ),
            Check::none(
                "events not published at rest",
                self.rest(|gauges| gauges.pending),
            ),
            Check::none(
                "events not consumed at rest",
                self.rest(|gauges| gauges.lag),
            ),
            Check::none("dead letters", self.rest(|gauges| gauges.dead)),
        ]);
        if self.lasted >= SHORT {
            checks.extend(self.growth());
        }
        checks
    }

    /// Good answers a second, over all.
    pub fn achieved(&self) -> f64 {
        crate::load::rate(self.answers(), self.lasted)
    }

    /// Good answers.
    pub fn answers(&self) -> usize {
        let samples = self.samples.iter().chain([&self.rest]);
        samples.map(|sample| sample.latencies.count()).sum()
    }

    /// A series of the samples under load, in minutes and values.
    pub fn series(&self, value: impl Fn(&Sample) -> f64) -> Vec<(f64, f64)> {
        self.samples
            .iter()
            .map(|sample| (sample.minute, value(sample)))
            .collect()
    }

    /// The services, in the order of their names.
    pub fn services(&self) -> impl Iterator<Item = &'static str> {
        self.rest.gauges.keys().copied()
    }

    fn kept(&self) -> Check {
        let limit = f64::from(self.rate) * KEPT;
        let found = self.achieved();
        Check::new(
            "requests a second",
            format!("{found:.1}"),
            format!("≥ {limit:.1}"),
            found >= limit,
        )
    }

    fn stalls(&self) -> f64 {
        let least = f64::from(self.rate) * STALL;
        let stalls = self.samples.iter().filter(|sample| sample.rate < least);
        u32::try_from(stalls.count()).map_or(f64::MAX, f64::from)
    }

    fn errors(&self) -> f64 {
        let samples = self.samples.iter().chain([&self.rest]);
        let errors: usize = samples.map(|sample| sample.errors.len()).sum();
        u32::try_from(errors).map_or(f64::MAX, f64::from)
    }

    fn rest(&self, value: impl Fn(&super::gauges::Gauges) -> f64) -> f64 {
        self.rest.gauges.values().map(value).sum()
    }

    fn growth(&self) -> Vec<Check> {
        let slow = Trend::of(&self.series(|sample| sample.latencies.p99()));
        let waiting = |sample: &Sample| {
            let gauges = sample.gauges.values();
            gauges.map(|gauges| gauges.pending + gauges.lag).sum()
        };
        let waiting = Trend::of(&self.series(waiting));
        let mut checks = vec![
            Limit::new("ms", SLOWER, SPARE_MILLIS).judge("99th percentile gained", slow),
            Limit::new("events", GROWTH, SPARE_EVENTS).judge("backlog gained", waiting),
        ];
        for service in self.services() {
            let memory = |sample: &Sample| sample.memory.get(service).copied().unwrap_or_default();
            let trend = Trend::of(&self.series(memory));
            let name = format!("{service} gained");
            checks.push(Limit::new("MiB", GROWTH, SPARE).judge(&name, trend));
            let series = |sample: &Sample| sample.gauges.get(service).map_or(0.0, |g| g.series);
            let trend = Trend::of(&self.series(series));
            let name = format!("{service} gained of metrics");
            checks.push(Limit::new("series", GROWTH, SPARE_SERIES).judge(&name, trend));
        }
        checks
    }
}

/// What may be gained in the judged time.
struct Limit {
    unit: &'static str,
    /// Of the median.
    share: f64,
    /// In any case.
    spare: f64,
}

impl Limit {
    const fn new(unit: &'static str, share: f64, spare: f64) -> Self {
        Self { unit, share, spare }
    }

    fn judge(&self, name: &str, trend: Trend) -> Check {
        let limit = self.spare.max(trend.middle * self.share);
        let (growth, middle, span) = (trend.growth(), trend.middle, trend.span);
        let unit = self.unit;
        Check::new(
            name,
            format!("{growth:+.2} {unit} at {middle:.1} in {span:.0} min"),
            format!("≤ {limit:.2}"),
            growth <= limit,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{latency::Latencies, soak::gauges::Gauges};

    /// Twelve samples a minute at ten a second; what differs is told.
    fn run(minutes: u32, change: impl Fn(&mut Sample), rest: impl Fn(&mut Gauges)) -> Run {
        let sample = |n: u32| {
            let mut sample = Sample {
                minute: f64::from(n) / 12.0,
                memory: [("ticket", 40.0), ("nats", 30.0)].into(),
                gauges: [(
                    "ticket",
                    Gauges {
                        used: 3.0,
                        series: 400.0,
                        ..Gauges::default()
                    },
                )]
                .into(),
                latencies: Latencies::new(vec![2_000; 50]),
                rate: 10.0,
                ..Sample::default()
            };
            change(&mut sample);
            sample
        };
        let mut gauges = Gauges::default();
        rest(&mut gauges);
        Run {
            lasted: Duration::from_mins(u64::from(minutes)),
            rate: 10,
            samples: (1..=minutes * 12).map(sample).collect(),
            rest: Sample {
                gauges: [("ticket", gauges)].into(),
                ..Sample::default()
            },
            settled: Duration::from_secs(1),
        }
    }

    fn missed(run: &Run) -> Vec<String> {
        let checks = run.checks().into_iter().filter(|check| !check.good);
        checks.map(|check| check.name).collect()
    }

    #[test]
    fn a_desk_that_stays_as_it_is_passes() {
        let run = run(20, |_| {}, |_| {});
        assert_eq!(missed(&run), [""; 0]);
        assert_eq!((run.answers(), run.checks().len()), (12_000, 12));
        assert!((run.achieved() - 10.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_left_over_or_went_wrong_is_named() {
        type Left = fn(&mut Gauges);
        let cases: [(Left, &str); 5] = [
            (
                |gauges| gauges.failures = 1.0,
                "answers 5xx, of any service",
            ),
            (|gauges| gauges.used = 1.0, "connections in use at rest"),
            (
                |gauges| gauges.pending = 1.0,
                "events not published at rest",
            ),
            (|gauges| gauges.lag = 1.0, "events not consumed at rest"),
            (|gauges| gauges.dead = 1.0, "dead letters"),
        ];
        for (rest, name) in cases {
            assert_eq!(missed(&run(1, |_| {}, rest)), [name]);
        }
        let failed = |sample: &mut Sample| sample.errors = vec!["503".into()];
        assert_eq!(missed(&run(1, failed, |_| {})), ["requests that failed"]);
        let slow = |sample: &mut Sample| sample.latencies = Latencies::new(vec![1; 45]);
        assert_eq!(missed(&run(1, slow, |_| {})), ["requests a second"]);
        let stalled = |sample: &mut Sample| {
            if (0.4..0.5).contains(&sample.minute) {
                sample.rate = 4.0;
            }
        };
        let names = ["samples with less than half of them"];
        assert_eq!(missed(&run(1, stalled, |_| {})), names);
    }

    #[test]
    fn growth_is_judged_in_runs_that_are_long_enough() {
        for (minutes, a_minute, names) in [
            (20, 0.05, &[][..]),
            (20, 0.3, &["ticket gained"][..]),
            (20, -0.3, &[][..]),
            (4, 3.0, &[][..]),
        ] {
            let leak = |sample: &mut Sample| {
                let more = sample.minute * a_minute;
                sample.memory.insert("ticket", 40.0 + more);
            };
            assert_eq!(
                missed(&run(minutes, leak, |_| {})),
                names,
                "{minutes} {a_minute}"
            );
        }
        let slower = |sample: &mut Sample| {
            let micros = if sample.minute < 15.0 { 2_000 } else { 20_000 };
            sample.latencies = Latencies::new(vec![micros; 50]);
        };
        assert_eq!(missed(&run(20, slower, |_| {})), ["99th percentile gained"]);
        let behind = |sample: &mut Sample| {
            let pending = sample.minute * 10.0;
            let gauges = sample.gauges.get_mut("ticket").unwrap();
            gauges.pending = pending;
        };
        assert_eq!(missed(&run(20, behind, |_| {})), ["backlog gained"]);
        let series = |sample: &mut Sample| {
            let more = sample.minute * 4.0;
            sample.gauges.insert(
                "ticket",
                Gauges {
                    series: 400.0 + more,
                    ..Gauges::default()
                },
            );
        };
        assert_eq!(
            missed(&run(20, series, |_| {})),
            ["ticket gained of metrics"]
        );
    }
}
