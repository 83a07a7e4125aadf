//! Business hours: which instants count as working time.
//!
//! Everything is reckoned in instants. A shift's local beginning and end are each turned into an
//! instant by the rules of the calendar's time zone, so that a shift over a change of the clocks is
//! an hour longer or shorter, as it is for the people who work it. A local time that is skipped
//! counts as the instant of the change, one that comes twice as its first coming. A shift over
//! midnight belongs to the day on which it begins: a holiday takes away the shifts that begin on it.

mod week;
mod zone;

use std::collections::BTreeSet;

use jiff::{
    Timestamp, ToSpan,
    civil::Date,
    tz::{AmbiguousOffset, TimeZone},
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

pub use week::{Day, Week};
pub use zone::canonical;

/// How far ahead a due time is looked for, in days: a hundred years. A target that so few working
/// hours do not reach by then has no due time.
const HORIZON: u32 = 36_525;

/// Who works when; as frozen on tickets, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Calendar id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// IANA name.
    pub timezone: String,
    /// The working hours of each day of the week.
    pub hours: Week,
    /// Days without work.
    pub holidays: BTreeSet<Day>,
}

impl Calendar {
    /// The instant at which so much working time has passed since `from`; the last one of those
    /// that a break makes equal. None when that is more than a hundred years away.
    pub fn elapse(&self, from: OffsetDateTime, working: Duration) -> Option<OffsetDateTime> {
        let zone = zone::find(&self.timezone);
        let from = micros(from);
        let mut left = i64::try_from(working.whole_microseconds()).ok()?;
        let mut day = first_day(&zone, from)?;
        for _ in 0..HORIZON {
            for (begin, end) in self.shifts(&zone, day) {
                let begin = begin.max(from);
                let length = end - begin;
                if length > 0 && left <= length {
                    return moment(begin + left);
                }
                left -= length.max(0);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The working time between two instants.
    pub fn worked(&self, from: OffsetDateTime, to: OffsetDateTime) -> Duration {
        let zone = zone::find(&self.timezone);
        let (from, to) = (micros(from), micros(to));
        let mut worked = 0;
        let mut next = first_day(&zone, from);
        while let Some(day) = next.filter(|day| instant(&zone, *day, 0).is_some_and(|at| at < to)) {
            for (begin, end) in self.shifts(&zone, day) {
                worked += (end.min(to) - begin.max(from)).max(0);
            }
            next = day.tomorrow().ok();
        }
        Duration::microseconds(worked)
    }

    /// The shifts that begin on a day, in order, in microseconds of Unix time. One that a change of
    /// the clocks swallows has no length.
    fn shifts(&self, zone: &TimeZone, day: Date) -> impl Iterator<Item = (i64, i64)> {
        let works = !self.holidays.contains(&Day(day));
        let periods = self.hours.on(day.weekday()).iter().filter(move |_| works);
        periods.filter_map(move |period| {
            let begin = instant(zone, day, period.begins())?;
            let end = instant(zone, day, period.ends())?;
            Some((begin, end))
        })
    }
}

/// The day before the one that an instant falls on: its last shift may go on.
fn first_day(zone: &TimeZone, at: i64) -> Option<Date> {
    let at = Timestamp::from_microsecond(at).ok()?;
    at.to_zoned(zone.clone()).date().yesterday().ok()
}

/// The instant of a local time, so many minutes after the beginning of a day.
fn instant(zone: &TimeZone, day: Date, minutes: u16) -> Option<i64> {
    let local = day
        .at(0, 0, 0, 0)
        .checked_add(i64::from(minutes).minutes())
        .ok()?;
    let at = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok()?,
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok()?,
        AmbiguousOffset::Gap { after, .. } => {
            let before = after.to_timestamp(local).ok()?;
            zone.following(before).next()?.timestamp()
        }
    };
    Some(at.as_microsecond())
}

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

fn moment(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

#[cfg(test)]
pub(crate) mod tests;
