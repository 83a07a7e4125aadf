//! The periods of the volume report.

use std::iter::successors;

use serde::Deserialize;
use time::{Date, Duration, Month};
use utoipa::ToSchema;

/// The most periods of a report (contract, Reports).
pub(crate) const MAX_PERIODS: usize = 1_000;

/// How days are summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GroupBy {
    /// Each by itself.
    #[default]
    Day,
    /// By the Monday of the week.
    Week,
    /// By the first of the month.
    Month,
}

impl GroupBy {
    /// The word on the wire, and of PostgreSQL's `date_trunc`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the period that a day is in.
    fn start(self, day: Date) -> Option<Date> {
        match self {
            Self::Day => Some(day),
            Self::Week => {
                let since = day.weekday().number_days_from_monday();
                day.checked_sub(Duration::days(since.into()))
            }
            Self::Month => day.replace_day(1).ok(),
        }
    }

    /// The first day of the period after the one that starts on this day.
    fn next(self, start: Date) -> Option<Date> {
        match self {
            Self::Day => start.next_day(),
            Self::Week => start.checked_add(Duration::WEEK),
            Self::Month => {
                let year = start.year() + i32::from(start.month() == Month::December);
                Date::from_calendar_date(year, start.month().next(), 1).ok()
            }
        }
    }

    /// The first days of all periods that have a day of the range; none when they are too many.
    pub(crate) fn periods(self, from: Date, to: Date) -> Option<Vec<Date>> {
        let periods: Vec<Date> = successors(self.start(from), |start| self.next(*start))
            .take_while(|start| *start <= to)
            .take(MAX_PERIODS + 1)
            .collect();
        (periods.len() <= MAX_PERIODS).then_some(periods)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    #[test]
    fn a_range_falls_into_periods() {
        for (by, from, to, expected) in [
            (
                GroupBy::Day,
                date!(2024 - 02 - 28),
                date!(2024 - 03 - 01),
                vec![
                    date!(2024 - 02 - 28),
                    date!(2024 - 02 - 29),
                    date!(2024 - 03 - 01),
                ],
            ),
            // A Sunday to a Monday.
            (
                GroupBy::Week,
                date!(2024 - 04 - 21),
                date!(2024 - 04 - 22),
                vec![date!(2024 - 04 - 15), date!(2024 - 04 - 22)],
            ),
            (
                GroupBy::Month,
                date!(2023 - 11 - 30),
                date!(2024 - 01 - 01),
                vec![
                    date!(2023 - 11 - 01),
                    date!(2023 - 12 - 01),
                    date!(2024 - 01 - 01),
                ],
            ),
            (
                GroupBy::Month,
                date!(2024 - 01 - 31),
                date!(2024 - 01 - 31),
                vec![date!(2024 - 01 - 01)],
            ),
            (
                GroupBy::Day,
                date!(2024 - 01 - 02),
                date!(2024 - 01 - 01),
                vec![],
            ),
            (
                GroupBy::Month,
                Date::MAX,
                Date::MAX,
                vec![date!(9999 - 12 - 01)],
            ),
        ] {
            assert_eq!(by.periods(from, to), Some(expected), "{by:?} {from} {to}");
        }
    }

    #[test]
    fn a_thousand_periods_are_the_most() {
        let from = date!(2020 - 01 - 01);
        for (days, fits) in [(999, true), (1_000, false)] {
            let to = from + Duration::days(days);
            assert_eq!(GroupBy::Day.periods(from, to).is_some(), fits, "{days}");
            assert!(GroupBy::Week.periods(from, to).is_some());
        }
        assert_eq!(GroupBy::Month.periods(Date::MIN, Date::MAX), None);
    }

    proptest! {
        #[test]
        fn periods_cover_a_range_without_gaps(
            start in -1_930_999..5_373_485_i32, days in 0..1_200_i64,
            by in prop::sample::select(vec![GroupBy::Day, GroupBy::Week, GroupBy::Month]),
        ) {
            let from = Date::from_julian_day(start).unwrap();
            let to = from.saturating_add(Duration::days(days));
            let Some(periods) = by.periods(from, to) else {
                prop_assert!(by == GroupBy::Day && days >= 1_000);
                return Ok(());
            };
            // Only a week of the very first days has no Monday.
            if let Some(first) = periods.first() {
                prop_assert!(*first <= from && *periods.last().unwrap() <= to);
                prop_assert!(by.next(*periods.last().unwrap()).is_none_or(|next| next > to));
                for two in periods.windows(2) {
                    prop_assert_eq!(by.next(two[0]), Some(two[1]));
                    prop_assert_eq!(by.start(two[1]), Some(two[1]));
                }
            } else {
                prop_assert_eq!(by.start(from), None);
            }
        }
    }
}
