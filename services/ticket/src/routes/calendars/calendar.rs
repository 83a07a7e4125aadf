//! A calendar as it is answered, and the rules of its fields.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    Calendar,
    calendar::{Day, Week, canonical},
};

/// The most holidays: each ticket carries them.
pub const HOLIDAYS: usize = 366;

/// Business hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarBody {
    /// Calendar id.
    id: i64,
    /// Its name.
    name: String,
    /// IANA name.
    #[schema(example = "Africa/Lagos")]
    timezone: String,
    /// The periods of each day of the week, `mon` to `sun`.
    #[schema(
        value_type = Object,
        example = json!({"mon": [["09:00", "12:00"], ["13:00", "17:00"]]})
    )]
    hours: Week,
    /// Days without work.
    #[schema(value_type = Vec<String>, example = json!(["2026-12-25"]))]
    holidays: Vec<Day>,
}

impl From<Calendar> for CalendarBody {
    fn from(calendar: Calendar) -> Self {
        Self {
            id: calendar.id,
            name: calendar.name,
            timezone: calendar.timezone,
            hours: calendar.hours,
            holidays: calendar.holidays.into_iter().collect(),
        }
    }
}

/// One calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrappedCalendar {
    /// The calendar.
    calendar: CalendarBody,
}

impl From<Calendar> for WrappedCalendar {
    fn from(calendar: Calendar) -> Self {
        Self {
            calendar: calendar.into(),
        }
    }
}

/// For `#[garde(custom(...))]`.
pub fn zone<C>(name: &str, _: &C) -> garde::Result {
    canonical(name)
        .map(drop)
        .ok_or_else(|| garde::Error::new("must be a time zone like Africa/Lagos"))
}

/// For `#[garde(custom(...))]`.
pub fn hours<C>(week: &Week, _: &C) -> garde::Result {
    week.fault()
        .map_or(Ok(()), |fault| Err(garde::Error::new(fault)))
}
