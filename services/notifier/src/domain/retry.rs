//! When a mail that could not be sent is tried again.

use time::Duration;

/// The wait after the first failure.
const FIRST: Duration = Duration::seconds(30);
/// No wait is longer, but for the jitter.
const LONGEST: Duration = Duration::hours(2);

/// The wait after so many attempts: it doubles each time, and is moved by up to a quarter either
/// way (`jitter` in 0..1), so that what failed together does not come back together.
pub(crate) fn wait_after(attempts: u32, jitter: f64) -> Duration {
    let doubled = 2_i32.saturating_pow(attempts.saturating_sub(1).min(20));
    FIRST.saturating_mul(doubled).min(LONGEST) * (0.75 + jitter / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        for (attempts, seconds) in [
            (1, 30),
            (2, 60),
            (3, 120),
            (8, 3_840),
            (9, 7_200),
            (99, 7_200),
        ] {
            assert_eq!(wait_after(attempts, 0.5), Duration::seconds(seconds));
        }
    }

    #[test]
    fn jitter_moves_a_wait_by_a_quarter_at_most() {
        assert_eq!(wait_after(2, 0.0), Duration::seconds(45));
        assert_eq!(wait_after(2, 1.0), Duration::seconds(75));
    }
}
