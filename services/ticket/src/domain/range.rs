//! Parts of a file: the `Range` header (RFC 9110, section 14).

use std::ops::Range;

/// What of a file is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Unsatisfiable,
}

/// Reads a `Range` header for a file of this size. What cannot be read, and several ranges at
/// once, ask for the whole.
pub fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let range = match header.and_then(bounds) {
        None => return Wanted::Whole,
        Some(Bounds::Between(first, last)) if first > last => return Wanted::Whole,
        Some(Bounds::Between(first, last)) => first..last.saturating_add(1).min(size),
        Some(Bounds::From(first)) => first..size,
        Some(Bounds::Last(length)) => size.saturating_sub(length)..size,
    };
    if range.start < range.end {
        Wanted::Part(range)
    } else {
        Wanted::Unsatisfiable
    }
}

enum Bounds {
    Between(u64, u64),
    From(u64),
    /// So many bytes at the end.
    Last(u64),
}

fn bounds(header: &str) -> Option<Bounds> {
    let (unit, range) = header.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", length) => Some(Bounds::Last(bound(length)?)),
        (first, "") => Some(Bounds::From(bound(first)?)),
        (first, last) => Some(Bounds::Between(bound(first)?, bound(last)?)),
    }
}

/// Digits alone.
fn bound(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_is_cut_to_the_file() {
        use Wanted::{Part, Unsatisfiable, Whole};
        for (header, size, seen) in [
            ("bytes=0-0", 10, Part(0..1)),
            ("bytes=2-4", 10, Part(2..5)),
            ("Bytes = 2 - 4", 10, Part(2..5)),
            ("bytes=2-", 10, Part(2..10)),
            ("bytes=-3", 10, Part(7..10)),
            ("bytes=-30", 10, Part(0..10)),
            ("bytes=5-999", 10, Part(5..10)),
            ("bytes=0-18446744073709551615", 10, Part(0..10)),
            ("bytes=0-99999999999999999999999", 10, Part(0..10)),
            ("bytes=10-", 10, Unsatisfiable),
            ("bytes=10-12", 10, Unsatisfiable),
            ("bytes=-0", 10, Unsatisfiable),
            ("bytes=0-", 0, Unsatisfiable),
            ("bytes=4-2", 10, Whole),
            ("bytes=-", 10, Whole),
            ("bytes=0-1,4-5", 10, Whole),
            ("bytes=+1-2", 10, Whole),
            ("lines=1-2", 10, Whole),
            ("bytes", 10, Whole),
        ] {
            assert_eq!(wanted(Some(header), size), seen, "{header} of {size}");
        }
        assert_eq!(wanted(None, 10), Whole);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_is_in_the_file(
            text in any::<String>(), nearly in "bytes ?= ?[0-9]{0,22} ?- ?[0-9]{0,22}(,1-2)?", size: u64,
        ) {
            for header in [text, nearly] {
                if let Wanted::Part(part) = wanted(Some(&header), size) {
                    prop_assert!(part.start < part.end && part.end <= size);
                }
            }
        }

        #[test]
        fn a_range_is_what_it_says(first in 0..2_000_u64, length in 1..2_000_u64, size in 1..3_000_u64) {
            let last = first + length - 1;
            let seen = wanted(Some(&format!("bytes={first}-{last}")), size);
            if first < size {
                prop_assert_eq!(seen, Wanted::Part(first..size.min(last + 1)));
            } else {
                prop_assert_eq!(seen, Wanted::Unsatisfiable);
            }
            let end = wanted(Some(&format!("bytes=-{length}")), size);
            prop_assert_eq!(end, Wanted::Part(size.saturating_sub(length)..size));
        }
    }
}
