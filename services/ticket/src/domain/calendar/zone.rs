//! Time zones by their IANA names, from the rules that come with the program: what the machine has
//! installed changes no due time.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone's name as IANA writes it; none for what is no zone.
pub fn canonical(name: &str) -> Option<String> {
    let zone = ZONES.get(name).ok().filter(|zone| !zone.is_unknown())?;
    zone.iana_name().map(str::to_owned)
}

/// The zone of a name that was checked when it was saved; UTC should IANA ever drop it.
pub(super) fn find(name: &str) -> TimeZone {
    ZONES.get(name).unwrap_or(TimeZone::UTC)
}
