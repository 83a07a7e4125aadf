//! Waiting longer after each failure, and never past a stop.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Doubling waits between two bounds.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            next: first,
        }
    }

    /// The wait after one more failure.
    pub(crate) fn step(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.most);
        wait
    }

    /// Something worked: start small again.
    pub(crate) const fn reset(&mut self) {
        self.next = self.first;
    }

    /// Waits one step; false when told to stop meanwhile.
    pub(crate) async fn wait(&mut self, stop: &CancellationToken) -> bool {
        pause(self.step(), stop).await
    }
}

/// Waits; false when told to stop meanwhile.
pub(crate) async fn pause(time: Duration, stop: &CancellationToken) -> bool {
    stop.run_until_cancelled(tokio::time::sleep(time))
        .await
        .is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_start_small_again() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(300));
        assert_eq!(
            [100, 200, 300, 300].map(Duration::from_millis),
            [0; 4].map(|_| backoff.step())
        );
        backoff.reset();
        assert_eq!(backoff.step(), Duration::from_millis(100));
    }

    #[tokio::test]
    async fn a_stop_ends_the_wait() {
        let stop = CancellationToken::new();
        stop.cancel();
        assert!(!pause(Duration::from_hours(1), &stop).await);
    }
}
