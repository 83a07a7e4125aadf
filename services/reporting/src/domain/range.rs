//! Which days a report is over.

use time::{Date, Duration};

/// The last days that a report is over unless told otherwise, today among them.
const DEFAULT_DAYS: i64 = 30;

/// The first and the last day: as asked for, or the last 30 days; up to today, or the first day
/// where that is later.
pub(crate) fn range(from: Option<Date>, to: Option<Date>, today: Date) -> (Date, Date) {
    let to = to.unwrap_or_else(|| from.map_or(today, |from| from.max(today)));
    let from = from.unwrap_or_else(|| to.saturating_sub(Duration::days(DEFAULT_DAYS - 1)));
    (from, to)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    #[test]
    fn what_is_not_asked_for_is_the_last_30_days() {
        let today = date!(2024 - 04 - 30);
        let (early, late) = (date!(2024 - 02 - 01), date!(2024 - 06 - 01));
        for (from, to, expected) in [
            (None, None, (date!(2024 - 04 - 01), today)),
            (Some(early), None, (early, today)),
            (Some(late), None, (late, late)),
            (None, Some(early), (date!(2024 - 01 - 03), early)),
            (Some(early), Some(late), (early, late)),
            (None, Some(Date::MIN), (Date::MIN, Date::MIN)),
        ] {
            assert_eq!(range(from, to, today), expected, "{from:?} {to:?}");
        }
    }

    fn a_day() -> impl Strategy<Value = Date> {
        (Date::MIN.to_julian_day()..=Date::MAX.to_julian_day())
            .prop_map(|day| Date::from_julian_day(day).unwrap())
    }

    proptest! {
        #[test]
        fn a_range_has_a_first_and_a_last_day(
            from in prop::option::of(a_day()), to in prop::option::of(a_day()), today in a_day(),
        ) {
            let (first, last) = range(from, to, today);
            prop_assert_eq!(first, from.unwrap_or(first));
            prop_assert_eq!(last, to.unwrap_or(last));
            // Two days in the wrong order are refused before.
            prop_assert!(first <= last || from.is_some() && to.is_some());
        }
    }
}
