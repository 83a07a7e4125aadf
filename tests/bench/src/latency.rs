//! Latencies of one point: all of them, sorted; nothing is rounded into buckets.

use std::time::Duration;

/// What the requests (or transactions) of a point took.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    /// Microseconds, ascending.
    sorted: Vec<u32>,
}

impl Latencies {
    /// From measurements in any order, in microseconds.
    pub fn new(mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        Self { sorted: micros }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The value that this many per mille do not exceed, in milliseconds.
    pub fn per_mille(&self, share: usize) -> f64 {
        let place = (self.count() * share).div_ceil(1_000).max(1) - 1;
        let micros = self.sorted.get(place).copied().unwrap_or_default();
        f64::from(micros) / 1_000.0
    }

    /// The median in milliseconds.
    pub fn median(&self) -> f64 {
        self.per_mille(500)
    }

    /// The 99th percentile in milliseconds.
    pub fn p99(&self) -> f64 {
        self.per_mille(990)
    }
}

/// A duration in whole microseconds; over an hour counts as an hour.
pub fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let latencies = Latencies::new((1..=200).rev().map(|n| n * 1_000).collect());
        for (share, value) in [
            (0, 1.0),
            (5, 1.0),
            (500, 100.0),
            (990, 198.0),
            (1_000, 200.0),
        ] {
            assert!((latencies.per_mille(share) - value).abs() < 1e-9, "{share}");
        }
    }

    #[test]
    fn nothing_took_no_time() {
        assert!(Latencies::default().p99().abs() < f64::EPSILON);
    }
}
