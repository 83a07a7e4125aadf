//! How much each key may ask, and what its answers say about that.

use std::{num::NonZeroU32, ops::RangeInclusive, time::Duration};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
};
use http::{HeaderMap, HeaderName, HeaderValue};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// How much later a refusal is answered when its key is refused as often as it may ask, in
/// milliseconds: who asks on regardless costs its neighbours next to nothing. Each for a time of its
/// own, or all of a key's connections would be answered, and ask again, at once.
const HELD: RangeInclusive<u64> = 250..=750;

/// A limit by key.
pub(crate) struct KeyLimit {
    limiter: DefaultKeyedRateLimiter<i64, StateInformationMiddleware>,
    /// Refusals that are answered at once.
    refusals: DefaultKeyedRateLimiter<i64>,
    clock: DefaultClock,
    rate: NonZeroU32,
    burst: NonZeroU32,
}

/// What is left to a key after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Requests at once, at most.
    limit: u32,
    /// Requests at once, now.
    remaining: u32,
    /// Seconds until `remaining` is `limit` again.
    reset: u32,
    /// For a request that was one too many: seconds until the next may come.
    pub(crate) refused_for: Option<u64>,
    /// How much later that is to be answered.
    pub(crate) held_for: Option<Duration>,
}

impl KeyLimit {
    /// `rate` a second with bursts of `burst`.
    pub(crate) fn new(rate: NonZeroU32, burst: NonZeroU32) -> Self {
        let quota = Quota::per_second(rate).allow_burst(burst);
        metrics::counter!("rate_limited_total", "limit" => "key").increment(0);
        metrics::counter!("rate_limited_total", "limit" => "failures").increment(0);
        let limiter = RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>();
        Self {
            limiter,
            refusals: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            rate,
            burst,
        }
    }

    /// Takes one request of the key's.
    pub(crate) fn take(&self, key: i64) -> Allowance {
        match self.limiter.check_key(&key) {
            Ok(state) => self.allowance(state.remaining_burst_capacity()),
            Err(refused) => {
                metrics::counter!("rate_limited_total", "limit" => "key").increment(1);
                let wait = refused.wait_time_from(self.clock.now());
                Allowance {
                    refused_for: Some(whole_seconds(wait)),
                    held_for: self.refusals.check_key(&key).is_err().then(some_time),
                    ..self.allowance(0)
                }
            }
        }
    }

    /// Forgets keys whose allowance is whole again.
    pub(crate) fn sweep(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.refusals.retain_recent();
        self.refusals.shrink_to_fit();
    }

    fn allowance(&self, remaining: u32) -> Allowance {
        let limit = self.burst.get();
        let reset = limit.saturating_sub(remaining).div_ceil(self.rate.get());
        Allowance {
            limit,
            remaining,
            reset,
            refused_for: None,
            held_for: None,
        }
    }
}

impl Allowance {
    /// Writes what is left into an answer.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        for (name, value) in [
            (LIMIT, self.limit),
            (REMAINING, self.remaining),
            (RESET, self.reset),
        ] {
            headers.insert(name, HeaderValue::from(value));
        }
    }
}

fn some_time() -> Duration {
    Duration::from_millis(rand::random_range(HELD))
}

/// Rounded up: sooner would be too soon.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_counts_down_for_each_key() {
        let count = |count| NonZeroU32::new(count).unwrap();
        let limit = KeyLimit::new(count(2), count(3));
        for (remaining, reset, refused) in
            [(2, 1, false), (1, 1, false), (0, 2, false), (0, 2, true)]
        {
            let allowance = limit.take(1);
            assert_eq!(
                (allowance.limit, allowance.remaining, allowance.reset),
                (3, remaining, reset)
            );
            assert_eq!(allowance.refused_for.is_some(), refused);
        }
        assert_eq!(limit.take(2).remaining, 2);
    }

    #[test]
    fn refusals_are_held_as_soon_as_they_are_more_than_a_key_may_ask() {
        let count = |count| NonZeroU32::new(count).unwrap();
        let limit = KeyLimit::new(count(1), count(3));
        let held: Vec<_> = (0..40).map(|_| limit.take(1).held_for).collect();
        let (at_once, later) = held.split_at(6);
        assert_eq!(at_once, [None; 6], "three are taken, three are refused");
        let times: Vec<_> = later.iter().flatten().map(Duration::as_millis).collect();
        assert_eq!(times.len(), later.len());
        assert!(
            times.iter().all(|time| (250..=750).contains(time)),
            "{times:?}"
        );
        assert!(times.iter().any(|time| *time != times[0]), "{times:?}");
        assert_eq!(limit.take(2).held_for, None);
    }
}
