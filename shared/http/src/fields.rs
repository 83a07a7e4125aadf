//! Field types of requests and responses, as the contract writes them on the wire.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{
    Date, OffsetDateTime, Time, UtcOffset, format_description::well_known::Rfc3339,
    macros::format_description,
};

/// A moment on the wire: `2024-04-21T09:00:00Z`, whole seconds, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type, utoipa::ToSchema)]
#[sqlx(transparent)]
#[schema(value_type = String, format = DateTime, example = "2024-04-21T09:00:00Z")]
pub struct Timestamp(pub OffsetDateTime);

impl From<OffsetDateTime> for Timestamp {
    fn from(moment: OffsetDateTime) -> Self {
        Self(moment)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let text = self
            .0
            .to_offset(UtcOffset::UTC)
            .format(format)
            .map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        moment(&text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("must be a date and time like 2024-04-21T09:00:00Z"))
    }
}

/// A moment that is one in UTC, too: at the edges of time an offset leads out of it.
fn moment(text: &str) -> Option<OffsetDateTime> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let moment = moment.checked_to_offset(UtcOffset::UTC);
    moment.filter(|moment| moment.year() >= 0)
}

/// A day of four digits' year: with a sign it may be one that PostgreSQL does not have.
fn day(text: &str) -> Option<Date> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    day.filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))
}

/// A filter bound: a whole UTC day (`2024-04-21`) or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrMoment {
    /// The whole day.
    Day(Date),
    /// That moment.
    Moment(OffsetDateTime),
}

impl DayOrMoment {
    /// The first moment it covers.
    pub fn start(self) -> OffsetDateTime {
        match self {
            Self::Day(day) => day.midnight().assume_utc(),
            Self::Moment(moment) => moment,
        }
    }

    /// The last moment it covers (a day's last microsecond).
    pub fn end(self) -> OffsetDateTime {
        match self {
            Self::Day(day) => day.with_time(Time::MAX).assume_utc(),
            Self::Moment(moment) => moment,
        }
    }
}

impl<'de> Deserialize<'de> for DayOrMoment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        day(&text)
            .map(Self::Day)
            .or_else(|| moment(&text).map(Self::Moment))
            .ok_or_else(|| de::Error::custom("must be a date like 2024-04-21 or a UTC time"))
    }
}

/// A whole UTC day on the wire: `2024-04-21`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = String, format = Date, example = "2024-04-21")]
pub struct Day(pub Date);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.format(format_description!("[year]-[month]-[day]"));
        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        day(&text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("must be a date like 2024-04-21"))
    }
}

/// A boolean in a query string: true, false, 1, 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "true" | "1" => Ok(Self(true)),
            "false" | "0" => Ok(Self(false)),
            _ => Err(de::Error::custom("must be true, false, 1 or 0")),
        }
    }
}

/// A field of an update: absent means unchanged, null means cleared. Needs `#[serde(default)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Not mentioned: stays as it is.
    #[default]
    Absent,
    /// Null (or blank): cleared.
    Clear,
    /// A new value.
    Set(T),
}

impl<T> Patch<T> {
    /// The new value, if there is one.
    pub const fn set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Clear => None,
        }
    }

    /// Whether the field is mentioned at all.
    pub const fn is_mentioned(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// `None` unchanged, `Some(None)` cleared, `Some(Some(value))` new.
    pub fn into_option(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(|value| value.map_or(Self::Clear, Self::Set))
    }
}

/// So that `#[garde(inner(…))]` checks the new value.
impl<T> garde::rules::inner::Inner<T> for Patch<T> {
    type Key = garde::error::NoKey;

    fn validate_inner<F: FnMut(&T, &Self::Key)>(&self, mut check: F) {
        if let Self::Set(value) = self {
            check(value, &garde::error::NoKey::default());
        }
    }
}

/// For an update's field that cannot be cleared: absent is `None`, null is a 422. Use with
/// `#[serde(default, deserialize_with = "desk_http::fields::not_null")]`.
///
/// # Errors
/// The value's own.
pub fn not_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer)?
        .map(Some)
        .ok_or_else(|| de::Error::custom("must not be empty"))
}

/// An e-mail address that a mail server would take: one `@`, no spaces, at most 254 characters;
/// none that stands in place of an erased person's.
/// For `#[garde(custom(...))]` on a string.
///
/// # Errors
/// A sentence for the field.
pub fn email<C>(address: &str, _: &C) -> garde::Result {
    garde::rules::email::parse_email(address)
        .ok()
        .filter(|()| address.chars().count() <= 254 && !desk_events::is_erased(address))
        .ok_or_else(|| garde::Error::new("must be a valid e-mail address"))
}

/// `#RRGGBB`, for `#[garde(custom(...))]`.
///
/// # Errors
/// A sentence for the field.
pub fn color<C>(color: &str, _: &C) -> garde::Result {
    let hex = color.strip_prefix('#').filter(|hex| hex.len() == 6);
    if hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Ok(())
    } else {
        Err(garde::Error::new("must be a color like #EF4444"))
    }
}

/// Bounds of free-form JSON (contract, Limits): 64 KiB when written out, 32 levels deep. For
/// `#[garde(custom(...))]` on a map.
///
/// # Errors
/// A sentence for the field.
pub fn json_bounds<C>(fields: &serde_json::Map<String, serde_json::Value>, _: &C) -> garde::Result {
    const BYTES: usize = 64 * 1024;
    const LEVELS: usize = 32;
    if fields.values().any(|value| levels(value) >= LEVELS) {
        return Err(garde::Error::new("must be at most 32 levels deep"));
    }
    let size = serde_json::to_vec(fields).map_or(usize::MAX, |json| json.len());
    if size > BYTES {
        Err(garde::Error::new("must be at most 64 KiB of JSON"))
    } else {
        Ok(())
    }
}

fn levels(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        serde_json::Value::Object(fields) => 1 + fields.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_timestamp_is_whole_seconds_utc() {
        let moment = Timestamp(datetime!(2024-04-21 10:00:00.999 +1));
        assert_eq!(
            serde_json::to_value(moment).unwrap(),
            json!("2024-04-21T09:00:00Z")
        );
    }

    #[test]
    fn a_day_is_inclusive() {
        let day: DayOrMoment = serde_json::from_value(json!("2024-04-21")).unwrap();
        assert_eq!(day.start(), datetime!(2024-04-21 0:00 UTC));
        assert!(day.end() > datetime!(2024-04-21 23:59:59.999 UTC));
        assert!(serde_json::from_value::<DayOrMoment>(json!("2024-02-30")).is_err());
    }

    #[test]
    fn a_day_is_read_and_written_alike() {
        let read = |text: &str| serde_json::from_value::<Day>(json!(text));
        let day = read("2024-02-29").unwrap();
        assert_eq!(serde_json::to_value(day).unwrap(), json!("2024-02-29"));
        for bad in ["2023-02-29", "2024-2-9", "2024-02-29T00:00:00Z", "today"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_and_moments_are_such_as_can_be_kept() {
        for text in [
            "-9999-01-01",
            "+2024-04-21",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+24:00",
            "0000-01-01T00:00:00+00:01",
        ] {
            assert!(
                serde_json::from_value::<DayOrMoment>(json!(text)).is_err(),
                "{text}"
            );
            assert!(
                serde_json::from_value::<Day>(json!(text)).is_err(),
                "{text}"
            );
            assert!(
                serde_json::from_value::<Timestamp>(json!(text)).is_err(),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_day_that_is_written_is_read_again(days in 0..3_652_059_i32) {
            let day = Date::from_julian_day(days + 1_721_060).unwrap();
            let text = Day(day).to_string();
            prop_assert_eq!(serde_json::from_value::<Day>(json!(text)).unwrap(), Day(day));
            let bound: DayOrMoment = serde_json::from_value(json!(text)).unwrap();
            prop_assert_eq!(bound, DayOrMoment::Day(day));
            prop_assert!(bound.start() < bound.end());
        }

        #[test]
        fn a_moment_that_is_written_is_read_again(seconds in 0..253_402_300_800_i64) {
            let moment = Timestamp(OffsetDateTime::from_unix_timestamp(seconds).unwrap());
            let again = serde_json::from_value(json!(moment.to_string())).unwrap();
            prop_assert_eq!(moment, again);
        }

        #[test]
        fn an_offset_moves_no_moment_out_of_time(
            text in "(0000|9999)-(01-01|12-31)T(00:00:00|23:59:59)[+-][0-2][0-9]:[0-5][0-9]",
        ) {
            if let Ok(moment) = serde_json::from_value::<Timestamp>(json!(text)) {
                prop_assert!((0..=9999).contains(&moment.0.to_offset(UtcOffset::UTC).year()));
            }
        }

        #[test]
        fn no_text_is_too_odd(text in any::<String>(), dated in "[+-]?[0-9]{1,6}-[0-9]{2}-[0-9]{2}.{0,16}") {
            for text in [text, dated] {
                let _ = email(&text, &());
                let _ = color(&text, &());
                let value = json!(text);
                let _ = serde_json::from_value::<Flag>(value.clone());
                let _ = serde_json::from_value::<Day>(value.clone());
                if let Ok(bound) = serde_json::from_value::<DayOrMoment>(value) {
                    let _ = (bound.start(), bound.end());
                }
            }
        }
    }

    #[test]
    fn null_clears_and_absence_keeps() {
        #[derive(Deserialize)]
        struct Update {
            #[serde(default)]
            phone: Patch<String>,
            #[serde(default, deserialize_with = "not_null")]
            name: Option<String>,
        }
        let read = |value: Value| serde_json::from_value::<Update>(value);
        assert_eq!(read(json!({})).unwrap().phone, Patch::Absent);
        assert_eq!(read(json!({"phone": null})).unwrap().phone, Patch::Clear);
        assert_eq!(
            read(json!({"name": "x"})).unwrap().name.as_deref(),
            Some("x")
        );
        assert!(read(json!({"name": null})).is_err());
    }

    #[test]
    fn field_rules() {
        for (address, good) in [
            ("a@b.co", true),
            ("a@localhost", true),
            ("a b@c.de", false),
            ("erased-1@erased.invalid", false),
            ("x", false),
        ] {
            assert_eq!(email(address, &()).is_ok(), good, "{address}");
        }
        for (value, good) in [
            ("#EF4444", true),
            ("#ef4", false),
            ("red", false),
            ("#GG0000", false),
        ] {
            assert_eq!(color(value, &()).is_ok(), good, "{value}");
        }
        let mut deep = json!(1);
        for _ in 0..40 {
            deep = json!([deep]);
        }
        let map = |value: Value| serde_json::Map::from_iter([("k".to_owned(), value)]);
        assert!(json_bounds(&map(deep), &()).is_err());
        assert!(json_bounds(&map(json!("x".repeat(70_000))), &()).is_err());
        assert!(json_bounds(&map(json!({"a": [1]})), &()).is_ok());
    }
}
