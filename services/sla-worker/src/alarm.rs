//! Wakes the worker before its time when a deadline comes up that is earlier than those it knew.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use time::OffsetDateTime;
use tokio::sync::Notify;

/// Whatever comes is earlier: the worker is looking, and may have missed it.
const LOOKING: i64 = i64::MAX;

/// Shared by the consumer, which hears of deadlines, and the worker, which sleeps until the next.
#[derive(Debug, Clone)]
pub struct Alarm {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Unix time in microseconds.
    set_for: AtomicI64,
    ring: Notify,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            inner: Arc::new(Inner {
                set_for: AtomicI64::new(LOOKING),
                ring: Notify::new(),
            }),
        }
    }
}

impl Alarm {
    /// Tells of a committed deadline: rings if it is earlier than what the alarm is set for.
    pub fn tell(&self, at: OffsetDateTime) {
        if micros(at) < self.inner.set_for.load(Ordering::SeqCst) {
            self.inner.ring.notify_one();
        }
    }

    /// From now on everything rings. To be called before the deadlines are looked at: what is
    /// committed too late to be seen then rings for certain.
    pub(crate) fn look(&self) {
        self.inner.set_for.store(LOOKING, Ordering::SeqCst);
    }

    /// From now on only what is earlier rings.
    pub(crate) fn set(&self, at: OffsetDateTime) {
        self.inner.set_for.store(micros(at), Ordering::SeqCst);
    }

    /// Ends when it rings, or has rung since this ended last.
    pub(crate) async fn rung(&self) {
        self.inner.ring.notified().await;
    }
}

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(LOOKING)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use time::{Duration, macros::datetime};

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-03-02 12:00 UTC);

    fn rings(alarm: &Alarm) -> bool {
        alarm.rung().now_or_never().is_some()
    }

    #[test]
    fn only_what_is_earlier_rings() {
        let alarm = Alarm::default();
        alarm.set(NOON);
        for (at, expected) in [
            (NOON + Duration::MICROSECOND, false),
            (NOON, false),
            (NOON - Duration::MICROSECOND, true),
        ] {
            alarm.tell(at);
            assert_eq!(rings(&alarm), expected, "{at}");
        }
    }

    #[test]
    fn whatever_comes_while_it_looks_rings_later() {
        let alarm = Alarm::default();
        alarm.set(NOON);
        alarm.look();
        alarm.tell(NOON + Duration::DAY);
        alarm.set(NOON);
        assert!(rings(&alarm));
        assert!(!rings(&alarm));
    }
}
