//! How long and how much is measured.

use std::time::Duration;

/// How many customers the tickets are filed for.
pub const CUSTOMERS: u64 = 1_000;
/// How many projects file tickets, unless a point is about a single busy one.
pub const PROJECTS: u64 = 20;

/// The extent of one run.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Load before the measuring begins.
    pub warm: Duration,
    /// The measured time of a point.
    pub measure: Duration,
    /// With how many tickets the reads are measured, ascending.
    pub tickets: &'static [i64],
}

impl Scale {
    /// Under three minutes in all.
    pub const QUICK: Self = Self {
        warm: Duration::from_secs(1),
        measure: Duration::from_secs(2),
        tickets: &[1_000],
    };

    /// Long enough for steady figures.
    pub const WHOLE: Self = Self {
        warm: Duration::from_secs(2),
        measure: Duration::from_secs(15),
        tickets: &[1_000, 100_000],
    };

    /// The time of a point, warm-up included.
    pub fn whole(&self) -> Duration {
        self.warm + self.measure
    }
}

/// The extent of the lists' measurement.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Asking before the measuring begins.
    pub warm: Duration,
    /// The measured time of a point.
    pub measure: Duration,
    /// With how many tickets, ascending.
    pub tickets: &'static [u64],
}

impl Extent {
    /// Without the million.
    pub const QUICK: Self = Self {
        warm: Duration::from_millis(100),
        measure: Duration::from_millis(300),
        tickets: &[1_000, 100_000],
    };

    /// All of it.
    pub const WHOLE: Self = Self {
        warm: Duration::from_millis(300),
        measure: Duration::from_secs(1),
        tickets: &[1_000, 100_000, 1_000_000],
    };

    /// The time of a point, warm-up included.
    pub fn whole(&self) -> Duration {
        self.warm + self.measure
    }
}

/// One point of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Connections, each with one request in flight.
    pub connections: usize,
    /// Projects that take turns.
    pub projects: u64,
    /// Every request carries an `Idempotency-Key` of its own.
    pub keyed: bool,
}

impl Point {
    /// A point with all projects and without idempotency keys.
    pub const fn new(connections: usize) -> Self {
        Self {
            connections,
            projects: PROJECTS,
            keyed: false,
        }
    }
}
