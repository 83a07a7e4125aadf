//! The cases of the deadline rules, played on whole tickets: one hour to the first reply, eight
//! to the resolution. Each bears its number in the list of cases; 29 to 32 are about delivery (order,
//! repeats, outages, several workers) and are played on the SLA worker.

use desk_events::{Actor, MessageKind, Metric, Priority, SlaClaim, Status};
use time::{Duration, OffsetDateTime};

mod calendars;
mod configured;
mod resolution;

use super::Policy;
use crate::domain::{
    Ticket, assign, breach, delete, reply,
    status::{self, Side},
    ticket::tests::{FILED, policy, ticket},
    update::{self, Update},
};

const AGENT: Actor = Actor::user(3);

/// What happens to a ticket.
#[derive(Debug, Clone, Copy)]
enum Step {
    Reply,
    Note,
    CustomerReply,
    Set(Status),
    /// A priority whose policy has these minutes.
    Priority(Priority, i32, i32),
    Assign,
    Delete,
    Restore,
    /// The worker's claim, of the generation so many before the current one.
    Claim(Metric, i32),
}

use Metric::{FirstResponse, Resolution};
use Priority::{Critical, Low};
use Status::{Closed, Open, PendingCustomer, Resolved};
use Step::{Assign, Claim, CustomerReply, Delete, Note, Reply, Restore, Set};

/// What holds in the end: times are seconds after filing.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    first_response_breached: bool,
    resolution_breached: bool,
    resolution_due: i64,
    breaches_told: usize,
}

/// Both flags, the resolution due time in minutes, and how many breaches were told.
fn outcome(first: bool, resolution: bool, due_minutes: i64, told: usize) -> Outcome {
    Outcome {
        first_response_breached: first,
        resolution_breached: resolution,
        resolution_due: due_minutes * 60,
        breaches_told: told,
    }
}

fn play(policy: Policy, steps: &[(i64, Step)]) -> (Ticket, Outcome) {
    let mut seen = ticket(Some(policy));
    let mut told = 0;
    for (second, step) in steps {
        let write = apply(&seen, *step, FILED + Duration::seconds(*second));
        told += write
            .entries
            .iter()
            .filter(|entry| entry.kind == crate::domain::EntryKind::Breached)
            .map(|entry| entry.changes.len())
            .sum::<usize>();
        if !write.is_empty() {
            seen = write.ticket;
        }
    }
    let due = seen
        .clocks
        .resolution_due_at
        .map_or(0, |due| (due - FILED).whole_seconds());
    let outcome = Outcome {
        first_response_breached: seen.clocks.first_response_breached,
        resolution_breached: seen.clocks.resolution_breached,
        resolution_due: due,
        breaches_told: told,
    };
    (seen, outcome)
}

fn apply(seen: &Ticket, step: Step, now: OffsetDateTime) -> crate::domain::Write {
    let message = |kind, side| {
        let draft = reply::Draft {
            kind,
            body: "text".into(),
            side,
            author_user_id: None,
        };
        reply::add(seen, draft, AGENT, now).unwrap()
    };
    match step {
        Reply => message(MessageKind::Reply, Side::Staff),
        Note => message(MessageKind::Note, Side::Staff),
        CustomerReply => message(MessageKind::Reply, Side::Customer),
        Set(to) => status::set(seen, to, AGENT, now),
        Step::Priority(priority, first_response_minutes, resolution_minutes) => {
            let frozen = seen.clocks.policy.clone().unwrap();
            let policy = Policy {
                priority,
                first_response_minutes,
                resolution_minutes,
                ..frozen
            };
            let wanted = Update {
                priority: Some((priority, Some(policy))),
                ..Update::default()
            };
            update::update(seen, wanted, AGENT, now)
        }
        Assign => assign::assign(seen, Some(3), AGENT, now),
        Delete => delete::delete(seen, AGENT, now),
        Restore => delete::restore(seen, AGENT, now),
        Claim(metric, older) => {
            let claim = SlaClaim {
                ticket_id: seen.id,
                project_id: seen.project_id,
                metric,
                due_at: seen.clocks.due(metric).unwrap(),
                generation: seen.clocks.generation - older,
            };
            breach::judge(seen, &[&claim], now)
        }
    }
}

/// Minutes as seconds.
const fn m(minutes: i64) -> i64 {
    minutes * 60
}

#[test]
fn first_response_cases() {
    for (case, steps, expected) in [
        (
            "1 a second before due",
            &[(m(60) - 1, Reply)][..],
            outcome(false, false, 480, 0),
        ),
        ("2 at due", &[(m(60), Reply)], outcome(false, false, 480, 0)),
        (
            "3 a second after",
            &[(m(60) + 1, Reply)],
            outcome(true, false, 480, 1),
        ),
        (
            "3 it stays",
            &[(m(60) + 1, Reply), (m(70), Reply)],
            outcome(true, false, 480, 1),
        ),
        (
            "4 never",
            &[(m(60) + 1, Claim(FirstResponse, 0))],
            outcome(true, false, 480, 1),
        ),
        (
            "4 told once",
            &[
                (m(60) + 1, Claim(FirstResponse, 0)),
                (m(61), Claim(FirstResponse, 0)),
                (m(62), Reply),
            ],
            outcome(true, false, 480, 1),
        ),
        (
            "5 a note is no reply",
            &[(m(10), Note), (m(61), Reply)],
            outcome(true, false, 480, 1),
        ),
        (
            "6 the customer's own",
            &[(m(10), CustomerReply), (m(61), Claim(FirstResponse, 0))],
            outcome(true, false, 480, 1),
        ),
        (
            "7 closed without reply",
            &[(m(10), Set(Closed)), (m(61), Claim(FirstResponse, 0))],
            outcome(false, false, 480, 0),
        ),
        (
            "8 resolved without reply",
            &[(m(10), Set(Resolved)), (m(61), Claim(FirstResponse, 0))],
            outcome(false, false, 480, 0),
        ),
        (
            "8 reopened, answered late",
            &[(m(10), Set(Resolved)), (m(20), Set(Open)), (m(90), Reply)],
            outcome(false, false, 490, 0),
        ),
        (
            "33 assignment answers nothing",
            &[(m(10), Assign), (m(61), Claim(FirstResponse, 0))],
            outcome(true, false, 480, 1),
        ),
        (
            "35 answered, the claim comes late",
            &[(m(59), Reply), (m(61), Claim(FirstResponse, 0))],
            outcome(false, false, 480, 0),
        ),
        (
            "38 reply and pending at once",
            &[
                (m(30), Reply),
                (m(30), Set(PendingCustomer)),
                (m(70), Claim(FirstResponse, 0)),
            ],
            outcome(false, false, 480, 0),
        ),
        (
            "39 the description is no reply",
            &[(m(61), Note)],
            outcome(true, false, 480, 1),
        ),
    ] {
        assert_eq!(play(policy(true), steps).1, expected, "{case}");
    }
}

#[test]
fn priority_cases() {
    let critical = Step::Priority(Critical, 15, 120);
    let low = Step::Priority(Low, 480, 4800);
    for (case, steps, expected) in [
        (
            "9 due in the past",
            &[(m(20), critical)][..],
            outcome(true, false, 120, 1),
        ),
        (
            "10 later",
            &[(m(20), low), (m(61), Reply)],
            outcome(false, false, 4800, 0),
        ),
        (
            "11 after breach",
            &[(m(61), low), (m(62), Reply)],
            outcome(true, false, 4800, 1),
        ),
        (
            "16 while pending",
            &[
                (m(30), Reply),
                (m(60), Set(PendingCustomer)),
                (m(180), critical),
                (m(240), Set(Open)),
            ],
            outcome(false, false, 300, 0),
        ),
        (
            "16 while pending, too late where it stood",
            &[
                (m(30), Reply),
                (m(150), Set(PendingCustomer)),
                (m(180), critical),
                (m(240), Set(Open)),
            ],
            outcome(false, true, 120, 1),
        ),
        (
            "37 a claim of before",
            &[(m(20), low), (m(61), Claim(FirstResponse, 1))],
            outcome(false, false, 4800, 0),
        ),
        (
            "resolved: no breach in hindsight",
            &[(m(30), Reply), (m(300), Set(Resolved)), (m(310), critical)],
            outcome(false, false, 120, 0),
        ),
    ] {
        assert_eq!(play(policy(true), steps).1, expected, "{case}");
    }
}

#[test]
fn a_claim_holds_for_its_own_generation() {
    let steps = [
        (m(30), Reply),
        (m(60), Set(PendingCustomer)),
        (m(70), Set(Open)),
    ];
    let (seen, _) = play(policy(true), &steps);
    assert_eq!(seen.clocks.generation, 2);
    for (older, breached) in [(1, false), (0, true)] {
        let write = apply(
            &seen,
            Claim(Resolution, older),
            FILED + Duration::minutes(491),
        );
        assert_eq!(write.ticket.clocks.resolution_breached, breached);
        assert_eq!(write.is_empty(), !breached);
    }
}

#[test]
fn a_policy_from_then_on_rules_a_ticket_that_had_none() {
    let wanted = Update {
        priority: Some((Low, Some(policy(true)))),
        ..Update::default()
    };
    let seen = update::update(&ticket(None), wanted, AGENT, FILED + Duration::MINUTE).ticket;
    assert_eq!(
        seen.clocks.resolution_due_at,
        Some(FILED + Duration::minutes(480))
    );
    assert_eq!(seen.clocks.generation, 2);
}
