//! The app's clock: the only reader of the wall clock, so that tests can move time.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use time::{Duration, OffsetDateTime};

/// A clock that runs with the system's, shifted by what a test added. Clones share the shift.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    shift_micros: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// Now, UTC, in whole microseconds (what PostgreSQL keeps).
    pub fn now(&self) -> OffsetDateTime {
        #[expect(
            clippy::disallowed_methods,
            reason = "the clock is where the wall clock is read"
        )]
        let now = OffsetDateTime::now_utc();
        let shift = Duration::microseconds(self.shift_micros.load(Ordering::Relaxed));
        let shifted = now + shift;
        shifted
            .replace_microsecond(shifted.microsecond())
            .unwrap_or(shifted)
    }

    /// Moves the clock, for tests.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.whole_microseconds()).unwrap_or(i64::MAX);
        self.shift_micros.fetch_add(micros, Ordering::Relaxed);
    }
}
