//! The hours of a week and the days of a year, as people write them.

use std::collections::BTreeMap;

use jiff::civil::{self, Date};
use serde::{Deserialize, Serialize};

/// Minutes of a day and of a week.
const DAY: u16 = 24 * 60;
const WEEK: u32 = 7 * 24 * 60;

/// The most periods a day.
const PERIODS: usize = 24;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl From<civil::Weekday> for Weekday {
    fn from(day: civil::Weekday) -> Self {
        match day {
            civil::Weekday::Monday => Self::Mon,
            civil::Weekday::Tuesday => Self::Tue,
            civil::Weekday::Wednesday => Self::Wed,
            civil::Weekday::Thursday => Self::Thu,
            civil::Weekday::Friday => Self::Fri,
            civil::Weekday::Saturday => Self::Sat,
            civil::Weekday::Sunday => Self::Sun,
        }
    }
}

/// A whole day, `2026-12-25`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(pub Date);

impl TryFrom<String> for Day {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let day = text
            .parse()
            .ok()
            .filter(|_| text.len() == "2026-12-25".len());
        day.map(Self).ok_or("must be dates like 2026-12-25")
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.0.to_string()
    }
}

/// A stretch of work, `["09:00", "17:00"]`; over midnight when it ends no later than it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "(String, String)", into = "(String, String)")]
pub struct Period {
    /// Minutes after midnight.
    from: u16,
    /// The same; 1440 for the day's end.
    to: u16,
}

impl Period {
    /// In minutes after the beginning of its day.
    pub const fn begins(self) -> u16 {
        self.from
    }

    /// In minutes after the beginning of its day; past the day's end for a shift over midnight.
    pub const fn ends(self) -> u16 {
        if self.to > self.from {
            self.to
        } else {
            self.to + DAY
        }
    }
}

impl TryFrom<(String, String)> for Period {
    type Error = &'static str;

    fn try_from((from, to): (String, String)) -> Result<Self, Self::Error> {
        let (from, to) = minutes(&from)
            .filter(|from| *from < DAY)
            .zip(minutes(&to))
            .ok_or(r#"must have periods like ["09:00", "17:00"]"#)?;
        if from == to {
            return Err("must not have a period without length; a whole day is 00:00 to 24:00");
        }
        Ok(Self { from, to })
    }
}

impl From<Period> for (String, String) {
    fn from(period: Period) -> Self {
        let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        (text(period.from), text(period.to))
    }
}

/// `HH:MM`, up to 24:00.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str, below: u16| {
        let plain = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        let number: u16 = digits.parse().ok().filter(|_| plain)?;
        (number < below).then_some(number)
    };
    let total = number(hours, 25)? * 60 + number(minutes, 60)?;
    (total <= DAY).then_some(total)
}

/// The working hours of each day of the week; a day without any is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Weekday, Vec<Period>>")]
pub struct Week(BTreeMap<Weekday, Vec<Period>>);

impl From<BTreeMap<Weekday, Vec<Period>>> for Week {
    fn from(mut days: BTreeMap<Weekday, Vec<Period>>) -> Self {
        days.retain(|_, periods| !periods.is_empty());
        for periods in days.values_mut() {
            periods.sort_unstable();
        }
        Self(days)
    }
}

impl Week {
    /// The periods that begin on a day of the week, in order.
    pub fn on(&self, day: impl Into<Weekday>) -> &[Period] {
        self.0.get(&day.into()).map_or(&[], Vec::as_slice)
    }

    /// Why nobody can work by it, if so.
    pub fn fault(&self) -> Option<&'static str> {
        if self.0.is_empty() {
            Some("must have at least one period")
        } else if self.0.values().any(|periods| periods.len() > PERIODS) {
            Some("must have at most 24 periods a day")
        } else if self.overlaps() {
            Some("must not have periods that overlap")
        } else {
            None
        }
    }

    fn overlaps(&self) -> bool {
        let mut stretches: Vec<(u32, u32)> = Vec::new();
        for (day, periods) in &self.0 {
            let midnight = *day as u32 * u32::from(DAY);
            stretches.extend(periods.iter().map(|period| {
                let at = |minutes: u16| midnight + u32::from(minutes);
                (at(period.begins()), at(period.ends()))
            }));
        }
        // Sunday's last shift may run into Monday's first.
        let again = stretches.first().map(|(from, to)| (from + WEEK, to + WEEK));
        stretches.extend(again);
        stretches.windows(2).any(|two| two[0].1 > two[1].0)
    }
}
