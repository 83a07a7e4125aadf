//! Time zones by their IANA names.

use std::sync::LazyLock;

use jiff::tz::TimeZoneDatabase;

/// The zone of a project that names none.
pub const DEFAULT: &str = "UTC";

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone's name as IANA writes it; `None` for what is no zone.
pub fn canonical(name: &str) -> Option<String> {
    let zone = ZONES.get(name).ok().filter(|zone| !zone.is_unknown())?;
    zone.iana_name().map(str::to_owned)
}

/// For `#[garde(custom(...))]`.
///
/// # Errors
/// A sentence for the field.
pub fn check<C>(name: &str, _: &C) -> garde::Result {
    canonical(name)
        .map(drop)
        .ok_or_else(|| garde::Error::new("must be a time zone like Africa/Lagos"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_iana_names() {
        for (name, zone) in [
            ("UTC", Some("UTC")),
            ("Africa/Lagos", Some("Africa/Lagos")),
            ("europe/berlin", Some("Europe/Berlin")),
            (
                "America/Argentina/Buenos_Aires",
                Some("America/Argentina/Buenos_Aires"),
            ),
            ("Etc/Unknown", None),
            ("Mars/Olympus", None),
            ("+01:00", None),
            ("../../etc/passwd", None),
            ("", None),
        ] {
            assert_eq!(canonical(name).as_deref(), zone, "{name}");
        }
    }
}
