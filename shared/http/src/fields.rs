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
        OffsetDateTime::parse(&text, &Rfc3339)
            .map(Self)
            .map_err(|_| de::Error::custom("must be a date and time like 2024-04-21T09:00:00Z"))
    }
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
        Date::parse(&text, format_description!("[year]-[month]-[day]"))
            .map(Self::Day)
            .or_else(|_| OffsetDateTime::parse(&text, &Rfc3339).map(Self::Moment))
            .map_err(|_| de::Error::custom("must be a date like 2024-04-21 or a UTC time"))
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
        Date::parse(&text, format_description!("[year]-[month]-[day]"))
            .map(Self)
            .map_err(|_| de::Error::custom("must be a date like 2024-04-21"))
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
