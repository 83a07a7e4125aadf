//! Hours as they are written, and working time as it adds up.

use proptest::prelude::*;
use serde_json::{Value, json};
use time::macros::datetime;

use super::*;

/// A calendar of these hours, holidays and zone.
pub(crate) fn calendar(timezone: &str, hours: Value, holidays: &[&str]) -> Calendar {
    Calendar {
        id: 1,
        name: "Office".into(),
        timezone: timezone.into(),
        hours: serde_json::from_value(hours).unwrap(),
        holidays: serde_json::from_value(json!(holidays)).unwrap(),
    }
}

/// The same hours from Monday to Friday.
pub(crate) fn weekdays(periods: &[[&str; 2]]) -> Value {
    json!({"mon": periods, "tue": periods, "wed": periods, "thu": periods, "fri": periods})
}

/// Why hours are refused, if they are.
fn refused(hours: Value) -> Option<String> {
    match serde_json::from_value::<Week>(hours) {
        Ok(week) => week.fault().map(str::to_owned),
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn hours_are_checked_when_saved() {
    for (hours, reason) in [
        (
            json!({"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}),
            None,
        ),
        (
            json!({"mon": [["13:00", "17:00"], ["09:00", "13:00"]]}),
            None,
        ),
        (
            json!({"sat": [["00:00", "24:00"]], "sun": [["00:00", "24:00"]]}),
            None,
        ),
        (
            json!({"sun": [["22:00", "06:00"]], "mon": [["06:00", "08:00"]]}),
            None,
        ),
        // 27: no hours at all.
        (json!({}), Some("at least one")),
        (json!({"mon": [], "tue": []}), Some("at least one")),
        (
            json!({"mon": [["09:00", "12:00"], ["11:59", "17:00"]]}),
            Some("overlap"),
        ),
        (
            json!({"mon": [["22:00", "06:00"]], "tue": [["05:59", "08:00"]]}),
            Some("overlap"),
        ),
        (
            json!({"sun": [["22:00", "06:00"]], "mon": [["05:59", "08:00"]]}),
            Some("overlap"),
        ),
        (json!({"mon": [["09:00", "09:00"]]}), Some("without length")),
        (json!({"mon": [["24:00", "06:00"]]}), Some("periods like")),
        (json!({"mon": [["09:00", "24:01"]]}), Some("periods like")),
        (json!({"mon": [["9:00", "17:00"]]}), Some("periods like")),
        (json!({"mon": [["09:60", "17:00"]]}), Some("periods like")),
        (json!({"mon": [["+9:00", "17:00"]]}), Some("periods like")),
        (json!({"mon": [["09:00"]]}), Some("invalid length")),
        (
            json!({"monday": [["09:00", "17:00"]]}),
            Some("unknown variant"),
        ),
        (json!([]), Some("invalid type")),
    ] {
        let found = refused(hours.clone());
        let fits = match (&found, reason) {
            (Some(found), Some(reason)) => found.contains(reason),
            (found, reason) => found.is_none() && reason.is_none(),
        };
        assert!(fits, "{hours}: {found:?}");
    }
}

#[test]
fn hours_and_days_read_as_they_were_written() {
    let hours =
        json!({"mon": [["09:00", "12:00"], ["22:00", "06:30"]], "sun": [["00:00", "24:00"]]});
    let week: Week = serde_json::from_value(hours.clone()).unwrap();
    assert_eq!(serde_json::to_value(&week).unwrap(), hours);
    for (text, good) in [
        ("2026-12-25", true),
        ("2026-02-29", false),
        ("2026-12-25T10:00", false),
        ("25.12.2026", false),
    ] {
        let day = serde_json::from_value::<Day>(json!(text));
        assert_eq!(
            day.is_ok_and(|day| String::from(day) == text),
            good,
            "{text}"
        );
    }
}

#[test]
fn zones_are_known_by_their_iana_names() {
    for (name, zone) in [
        ("europe/berlin", Some("Europe/Berlin")),
        ("Africa/Lagos", Some("Africa/Lagos")),
        ("Mars/Olympus", None),
        ("+01:00", None),
    ] {
        assert_eq!(canonical(name).as_deref(), zone, "{name}");
    }
}

#[test]
fn a_target_out_of_reach_has_no_due_time() {
    let rarely = calendar("UTC", json!({"sun": [["10:00", "10:01"]]}), &[]);
    let from = datetime!(2026-03-02 09:00 UTC);
    // 28: 525,600 Sundays.
    assert_eq!(rarely.elapse(from, Duration::minutes(525_600)), None);
    let weeks = rarely.elapse(from, Duration::minutes(1_000));
    assert_eq!(weeks, Some(datetime!(2045-04-30 10:01 UTC)));
}

fn a_period() -> impl Strategy<Value = [String; 2]> {
    let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    (0..1_440_u16, 1..900_u16)
        .prop_map(move |(from, length)| [time(from), time((from + length) % 1_440)])
}

fn a_calendar() -> impl Strategy<Value = Calendar> {
    let zones = prop::sample::select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
        "Africa/Casablanca",
        "Pacific/Apia",
    ]);
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let days = prop::collection::vec(prop::option::of(a_period()), 7);
    let holidays = prop::collection::btree_set(0..1_200_i64, 0..8);
    (zones, days, holidays).prop_filter_map("hours", move |(zone, days, holidays)| {
        let hours = names.iter().zip(days);
        let hours: serde_json::Map<String, Value> = hours
            .filter_map(|(name, period)| Some(((*name).to_owned(), json!([period?]))))
            .collect();
        let mut made = calendar(zone, Value::Object(hours), &[]);
        let first = civil_date();
        made.holidays = holidays
            .into_iter()
            .map(|days| Day(first.checked_add(days.days()).unwrap()))
            .collect();
        made.hours.fault().is_none().then_some(made)
    })
}

fn civil_date() -> Date {
    Date::constant(2011, 1, 1)
}

fn an_instant() -> impl Strategy<Value = OffsetDateTime> {
    // 2011 to 2014: Samoa leaves out a day.
    (1_293_840_000_000_000_i64..1_390_000_000_000_000).prop_map(|at| moment(at).unwrap())
}

proptest! {
    #[test]
    fn hours_are_read_as_they_were_written(calendar in a_calendar()) {
        let written = serde_json::to_value(&calendar.hours).unwrap();
        prop_assert_eq!(&serde_json::from_value::<Week>(written).unwrap(), &calendar.hours);
        let written = serde_json::to_value(&calendar.holidays).unwrap();
        prop_assert_eq!(serde_json::from_value::<BTreeSet<Day>>(written).unwrap(), calendar.holidays);
    }

    #[test]
    fn no_hours_are_too_odd(
        name in "[a-z]{3}", times in prop::collection::vec("[0-9+-]{1,2}:?[0-9]{1,2}", 0..5), text in any::<String>(),
    ) {
        for hours in [json!({name.clone(): [times]}), json!({"mon": text}), json!({text.clone(): []})] {
            if let Ok(week) = serde_json::from_value::<Week>(hours) {
                let _ = week.fault();
            }
        }
        let _ = serde_json::from_value::<Day>(json!(text));
        let _ = canonical(&text);
        let _ = canonical(&name);
    }

    #[test]
    fn adding_working_time_and_measuring_it_gives_it_back(
        calendar in a_calendar(),
        from in an_instant(),
        seconds in 1..2_000_000_i64,
    ) {
        let working = Duration::seconds(seconds) + Duration::MICROSECOND;
        let Some(due) = calendar.elapse(from, working) else {
            // So few hours a week do not reach it within a hundred years.
            let century = from + Duration::days(36_500);
            prop_assert!(calendar.worked(from, century) < working);
            return Ok(());
        };
        prop_assert_eq!(calendar.worked(from, due), working);
        // Not a moment earlier.
        prop_assert!(calendar.worked(from, due - Duration::MICROSECOND) < working);
    }

    #[test]
    fn working_time_adds_up(
        calendar in a_calendar(),
        mut at in prop::array::uniform3(an_instant()),
    ) {
        at.sort();
        let [from, between, to] = at;
        let parts = calendar.worked(from, between) + calendar.worked(between, to);
        prop_assert_eq!(parts, calendar.worked(from, to));
        prop_assert!(parts <= to - from);
    }
}
