//! What limits count by, and how long one has to wait.

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// The account that somebody tries, by a digest: whether it exists makes no difference, and what
/// was typed is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account([u8; 32]);

impl Account {
    /// The account of an e-mail address, whatever its case.
    pub fn of(email: &str) -> Self {
        Self(Sha256::digest(email.to_lowercase()).into())
    }

    /// As it is stored.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Seconds until then, rounded up; `None` when it is past.
pub fn wait(until: OffsetDateTime, now: OffsetDateTime) -> Option<u64> {
    let left = until - now;
    let seconds = left.whole_seconds() + i64::from(left.subsec_nanoseconds() > 0);
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    #[test]
    fn an_account_is_the_same_in_any_case() {
        assert_eq!(Account::of("A@b.c"), Account::of("a@B.c"));
        assert_ne!(Account::of("a@b.c"), Account::of("b@b.c"));
    }

    #[test]
    fn a_wait_is_rounded_up() {
        let now = datetime!(2024-04-21 09:00 UTC);
        for (left, expected) in [
            (Duration::seconds(5), Some(5)),
            (Duration::milliseconds(4_200), Some(5)),
            (Duration::ZERO, None),
            (Duration::seconds(-1), None),
        ] {
            assert_eq!(wait(now + left, now), expected, "{left}");
        }
    }
}
