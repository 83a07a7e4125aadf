//! How much each key may ask, and what its answers say about that.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
};
use http::{HeaderMap, HeaderName, HeaderValue};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// A limit by key.
pub(crate) struct KeyLimit {
    limiter: DefaultKeyedRateLimiter<i64, StateInformationMiddleware>,
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
            clock: DefaultClock::default(),
            rate,
            burst,
        }
    }

    /// Takes one request of the key's.
    pub(crate) fn take(&self, key: i64) -> Allowance {
        match self.limiter.check_key(&key) {
            Ok(state) => self.allowance(state.remaining_burst_capacity(), None),
            Err(refused) => {
                metrics::counter!("rate_limited_total", "limit" => "key").increment(1);
                let wait = refused.wait_time_from(self.clock.now());
                self.allowance(0, Some(whole_seconds(wait)))
            }
        }
    }

    /// Forgets keys whose allowance is whole again.
    pub(crate) fn sweep(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    fn allowance(&self, remaining: u32, refused_for: Option<u64>) -> Allowance {
        let limit = self.burst.get();
        let reset = limit.saturating_sub(remaining).div_ceil(self.rate.get());
        Allowance {
            limit,
            remaining,
            reset,
            refused_for,
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
}
