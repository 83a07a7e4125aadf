//! Waiting for a condition, never for a time.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

/// Long enough for a busy machine, short enough to notice.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the condition holds.
///
/// # Panics
/// When it does not within twenty seconds.
#[track_caller]
pub fn eventually<F, Fut>(condition: F) -> impl Future<Output = ()>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    eventually_within(PATIENCE, condition)
}

/// Waits until the condition holds, at most so long.
///
/// # Panics
/// When it does not.
#[track_caller]
pub fn eventually_within<F, Fut>(patience: Duration, mut condition: F) -> impl Future<Output = ()>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let caller = std::panic::Location::caller();
    async move {
        let until = Instant::now() + patience;
        while !condition().await {
            assert!(
                Instant::now() < until,
                "still not true after {patience:?}, at {caller}"
            );
            sleep(Duration::from_millis(10)).await;
        }
    }
}
