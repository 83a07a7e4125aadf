//! The cases that need a calendar. Berlin changes its clocks on 29 March and 25 October 2026, each
//! time a Sunday.

use desk_events::{
    Priority::{High, Low},
    Status::{InProgress, Open, PendingCustomer, Resolved},
};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

use crate::domain::{
    Calendar, Clocks, Policy,
    calendar::tests::{calendar, weekdays},
    ticket::tests::policy,
};

/// So much time to the resolution, by these hours.
fn ruled(minutes: i32, calendar: Option<Calendar>) -> Policy {
    Policy {
        first_response_minutes: 1,
        resolution_minutes: minutes,
        calendar,
        ..policy(true)
    }
}

fn due(minutes: i32, calendar: &Calendar, filed: OffsetDateTime) -> Option<OffsetDateTime> {
    Clocks::start(Some(ruled(minutes, Some(calendar.clone()))), filed).resolution_due_at
}

fn nine_to_five() -> Calendar {
    calendar("UTC", weekdays(&[["09:00", "17:00"]]), &[])
}

#[test]
fn working_hours_cases() {
    let split = calendar(
        "UTC",
        weekdays(&[["09:00", "12:00"], ["13:00", "17:00"]]),
        &[],
    );
    let holiday = calendar("UTC", weekdays(&[["09:00", "17:00"]]), &["2026-03-04"]);
    for (case, calendar, filed, minutes, expected) in [
        (
            "22 over the weekend",
            nine_to_five(),
            datetime!(2026-03-06 16:00 UTC),
            240,
            datetime!(2026-03-09 12:00 UTC),
        ),
        (
            "23 in the break",
            split.clone(),
            datetime!(2026-03-02 12:30 UTC),
            60,
            datetime!(2026-03-02 14:00 UTC),
        ),
        (
            "23 over the break",
            split.clone(),
            datetime!(2026-03-02 11:00 UTC),
            120,
            datetime!(2026-03-02 14:00 UTC),
        ),
        (
            "23 up to the break",
            split,
            datetime!(2026-03-02 11:00 UTC),
            60,
            datetime!(2026-03-02 12:00 UTC),
        ),
        (
            "24 on a holiday",
            holiday.clone(),
            datetime!(2026-03-04 10:00 UTC),
            60,
            datetime!(2026-03-05 10:00 UTC),
        ),
        (
            "24 before a holiday",
            holiday,
            datetime!(2026-03-03 16:30 UTC),
            60,
            datetime!(2026-03-05 09:30 UTC),
        ),
        (
            "28 a target of more than a year",
            nine_to_five(),
            datetime!(2026-03-02 09:00 UTC),
            525_600,
            datetime!(2030-05-10 17:00 UTC),
        ),
        (
            "40 seconds are kept",
            nine_to_five(),
            datetime!(2026-03-02 16:59:30 UTC),
            1,
            datetime!(2026-03-03 09:00:30 UTC),
        ),
        (
            "41 at opening",
            nine_to_five(),
            datetime!(2026-03-02 09:00 UTC),
            60,
            datetime!(2026-03-02 10:00 UTC),
        ),
        (
            "41 at closing",
            nine_to_five(),
            datetime!(2026-03-02 17:00 UTC),
            60,
            datetime!(2026-03-03 10:00 UTC),
        ),
    ] {
        assert_eq!(due(minutes, &calendar, filed), Some(expected), "{case}");
    }
}

#[test]
fn night_shift_cases() {
    let every_night = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .map(|day| (day.to_owned(), json!([["22:00", "06:00"]])));
    let nights = calendar("UTC", Value::Object(every_night.into_iter().collect()), &[]);
    let eves = calendar(
        "UTC",
        json!({"tue": [["22:00", "06:00"]], "wed": [["22:00", "06:00"]]}),
        &["2026-03-04"],
    );
    for (case, calendar, filed, minutes, expected) in [
        (
            "26 over midnight",
            nights.clone(),
            datetime!(2026-03-02 23:00 UTC),
            480,
            datetime!(2026-03-03 23:00 UTC),
        ),
        (
            "26 after midnight, in yesterday's shift",
            nights,
            datetime!(2026-03-03 03:00 UTC),
            120,
            datetime!(2026-03-03 05:00 UTC),
        ),
        (
            "26 a holiday takes the shift that begins on it, not the one that ends on it",
            eves,
            datetime!(2026-03-03 23:00 UTC),
            480,
            datetime!(2026-03-10 23:00 UTC),
        ),
    ] {
        assert_eq!(due(minutes, &calendar, filed), Some(expected), "{case}");
    }
}

#[test]
fn clock_change_cases() {
    let office = calendar("Europe/Berlin", weekdays(&[["09:00", "17:00"]]), &[]);
    let sundays = calendar("Europe/Berlin", json!({"sun": [["00:00", "24:00"]]}), &[]);
    let skipped = calendar("Europe/Berlin", json!({"sun": [["02:30", "06:00"]]}), &[]);
    let swallowed = calendar("Europe/Berlin", json!({"sun": [["02:10", "02:50"]]}), &[]);
    let twice = calendar(
        "Europe/Berlin",
        json!({"sun": [["01:00", "02:30"], ["02:30", "04:00"]]}),
        &[],
    );
    for (case, calendar, filed, minutes, expected) in [
        (
            "25 spring, over the weekend",
            &office,
            datetime!(2026-03-27 16:00 +1),
            240,
            datetime!(2026-03-30 12:00 +2),
        ),
        (
            "25 autumn, over the weekend",
            &office,
            datetime!(2026-10-23 16:00 +2),
            240,
            datetime!(2026-10-26 12:00 +1),
        ),
        (
            "25 spring, the day has 23 hours",
            &sundays,
            datetime!(2026-03-28 12:00 +1),
            24 * 60,
            datetime!(2026-04-05 1:00 +2),
        ),
        (
            "25 autumn, the day has 25 hours",
            &sundays,
            datetime!(2026-10-24 12:00 +2),
            24 * 60,
            datetime!(2026-10-25 23:00 +1),
        ),
        (
            "25 autumn, one period ends and the next begins in the hour that comes twice",
            &twice,
            datetime!(2026-10-24 12:00 +2),
            240,
            datetime!(2026-10-25 4:00 +1),
        ),
        (
            "46 a shift begins in the skipped hour",
            &skipped,
            datetime!(2026-03-28 12:00 +1),
            60,
            datetime!(2026-03-29 4:00 +2),
        ),
        (
            "46 a shift lies in the skipped hour",
            &swallowed,
            datetime!(2026-03-28 12:00 +1),
            20,
            datetime!(2026-04-05 2:30 +2),
        ),
    ] {
        assert_eq!(due(minutes, calendar, filed), Some(expected), "{case}");
    }
}

/// Clocks of Monday 9:00, answered at once.
fn running(policy: Policy) -> Clocks {
    let filed = datetime!(2026-03-02 09:00 UTC);
    let mut clocks = Clocks::start(Some(policy), filed);
    clocks.answer(filed);
    clocks
}

#[test]
fn pauses_count_by_the_hours() {
    let six = datetime!(2026-03-02 18:00 UTC);
    for (case, from, to, expected) in [
        (
            "42 outside working hours",
            six,
            datetime!(2026-03-03 08:00 UTC),
            datetime!(2026-03-03 10:00 UTC),
        ),
        (
            "42 half of it",
            datetime!(2026-03-02 16:00 UTC),
            datetime!(2026-03-03 08:00 UTC),
            datetime!(2026-03-03 11:00 UTC),
        ),
        (
            "over the weekend",
            datetime!(2026-03-03 9:30 UTC),
            datetime!(2026-03-09 9:30 UTC),
            datetime!(2026-03-09 10:00 UTC),
        ),
    ] {
        let mut clocks = running(ruled(540, Some(nine_to_five())));
        clocks.pass(Open, from, |_| PendingCustomer);
        clocks.pass(PendingCustomer, to, |_| InProgress);
        assert_eq!(clocks.resolution_due_at, Some(expected), "{case}");
    }
}

#[test]
fn another_policys_hours_count_the_same_pauses() {
    let office = ruled(540, Some(nine_to_five()));
    let around = Policy {
        priority: Low,
        ..ruled(24 * 60, None)
    };
    let (friday, monday) = (
        datetime!(2026-03-02 17:00 UTC),
        datetime!(2026-03-04 09:00 UTC),
    );
    for (first, second, expected) in [
        // Forty hours of waiting, of which none was worked, and the other way round.
        (&office, &around, datetime!(2026-03-05 01:00 UTC)),
        (&around, &office, datetime!(2026-03-04 10:00 UTC)),
    ] {
        let mut clocks = running(first.clone());
        clocks.pass(Open, friday, |_| PendingCustomer);
        clocks.pass(PendingCustomer, monday, |_| Open);
        let told = clocks.pass(Open, monday, |clocks| {
            clocks.govern(Some(second.clone()));
            Open
        });
        assert_eq!(told, [], "{:?}", second.priority);
        assert_eq!(clocks.resolution_due_at, Some(expected));
    }
    assert_eq!(office.priority, High);
}

#[test]
fn case_43_met_at_the_last_moment_and_reopened_after_hours() {
    let mut clocks = running(ruled(480, Some(nine_to_five())));
    let (closing, evening) = (
        datetime!(2026-03-02 17:00 UTC),
        datetime!(2026-03-02 20:00 UTC),
    );
    clocks.pass(Open, closing, |_| Resolved);
    let told = clocks.pass(Resolved, evening, |_| Open);
    assert_eq!(told, []);
    assert_eq!(clocks.resolution_due_at, Some(evening));
}

#[test]
fn due_soon_is_four_fifths_of_the_working_time() {
    let filed = datetime!(2026-03-06 13:00 UTC);
    let clocks = Clocks::start(Some(ruled(600, Some(nine_to_five()))), filed);
    assert_eq!(
        clocks.resolution_soon_at(),
        Some(datetime!(2026-03-09 13:00 UTC))
    );
    assert_eq!(
        clocks.resolution_due_at,
        Some(datetime!(2026-03-09 15:00 UTC))
    );
}

#[test]
fn a_target_that_the_hours_never_reach_is_never_due() {
    let rarely = calendar("UTC", json!({"sun": [["10:00", "10:01"]]}), &[]);
    let filed = datetime!(2026-03-02 09:00 UTC);
    let mut clocks = Clocks::start(Some(ruled(525_600, Some(rarely))), filed);
    assert_eq!(clocks.resolution_due_at, None);
    assert!(!clocks.resolution_open());
    clocks.pass(Open, filed + Duration::days(20_000), |_| Resolved);
    assert!(!clocks.resolution_breached);
}
