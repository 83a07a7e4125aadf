//! Counts refused keys by address, and tells without counting whether an address is over: the
//! one thing that a ready-made limiter does not do.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// So many failures a minute, all at once if one likes (GCRA).
pub struct Failures {
    /// Between two failures in the long run.
    pace: Duration,
    /// How far ahead of that pace an address may be.
    ahead: Duration,
    /// By address: the time to which its failures have used up its pace.
    used_up_to: Mutex<HashMap<IpAddr, Instant>>,
}

impl Failures {
    /// A counter that bears `count` failures a minute.
    pub fn per_minute(count: NonZeroU32) -> Self {
        let pace = Duration::from_mins(1) / count.get();
        Self {
            pace,
            ahead: pace * (count.get() - 1),
            used_up_to: Mutex::default(),
        }
    }

    /// How long an address that is over has to wait; `None` while it is not.
    pub fn wait(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let used = self
            .used_up_to
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        used.get(&address).and_then(|used| self.over(*used, now))
    }

    /// Counts a failure.
    ///
    /// # Errors
    /// The wait, when the address is over already; nothing is counted then.
    pub fn count(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut used = self
            .used_up_to
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let used = used.entry(address).or_insert(now);
        if let Some(wait) = self.over(*used, now) {
            return Err(wait);
        }
        *used = (*used).max(now) + self.pace;
        Ok(())
    }

    /// Forgets addresses whose failures no longer count.
    pub fn sweep(&self, now: Instant) {
        let mut used = self
            .used_up_to
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, used| *used > now);
        used.shrink_to_fit();
    }

    fn over(&self, used: Instant, now: Instant) -> Option<Duration> {
        let wait = used.saturating_duration_since(now + self.ahead);
        (!wait.is_zero()).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: u32 = 20;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn twenty_are_borne_then_one_every_three_seconds() {
        let failures = Failures::per_minute(NonZeroU32::new(COUNT).unwrap());
        let start = Instant::now();
        for _ in 0..COUNT {
            assert_eq!(failures.wait(address(1), start), None);
            assert_eq!(failures.count(address(1), start), Ok(()));
        }
        let wait = Duration::from_secs(3);
        assert_eq!(failures.wait(address(1), start), Some(wait));
        assert_eq!(failures.count(address(1), start), Err(wait));
        assert_eq!(failures.count(address(2), start), Ok(()));
        let later = start + wait;
        assert_eq!(failures.wait(address(1), later), None);
        assert_eq!(failures.count(address(1), later), Ok(()));
        assert_eq!(failures.count(address(1), later), Err(wait));
    }

    #[test]
    fn old_failures_are_forgotten() {
        let failures = Failures::per_minute(NonZeroU32::new(COUNT).unwrap());
        let start = Instant::now();
        failures.count(address(1), start).unwrap();
        failures.sweep(start + Duration::from_secs(3));
        assert!(failures.used_up_to.lock().unwrap().is_empty());
    }
}
