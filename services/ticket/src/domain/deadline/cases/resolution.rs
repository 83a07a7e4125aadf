//! The resolution clock: pauses, resolving and reopening, deleting and restoring.

use desk_events::{
    Metric::Resolution,
    Status::{Closed, InProgress, Open, PendingCustomer, Resolved},
};

use super::{
    Step::{Claim, CustomerReply, Delete, Reply, Restore, Set},
    m, outcome, play, policy,
};

#[test]
fn pause_cases() {
    let pending = Set(PendingCustomer);
    for (case, pauses, steps, expected) in [
        (
            "12 pending",
            true,
            &[(m(30), Reply), (m(60), pending), (m(180), Set(InProgress))][..],
            outcome(false, false, 600, 0),
        ),
        (
            "12 the customer's reply resumes",
            true,
            &[(m(30), Reply), (m(60), pending), (m(180), CustomerReply)],
            outcome(false, false, 600, 0),
        ),
        (
            "13 without the rule",
            false,
            &[(m(30), Reply), (m(60), pending), (m(180), Set(InProgress))],
            outcome(false, false, 480, 0),
        ),
        (
            "14 twice",
            true,
            &[
                (m(30), Reply),
                (m(60), pending),
                (m(90), Set(Open)),
                (m(100), pending),
                (m(160), Set(Open)),
            ],
            outcome(false, false, 570, 0),
        ),
        (
            "15 resolved, reopened",
            true,
            &[
                (m(30), Reply),
                (m(60), pending),
                (m(120), Set(Resolved)),
                (m(180), Set(Open)),
            ],
            outcome(false, false, 600, 0),
        ),
        (
            "a paused clock has no deadline",
            true,
            &[
                (m(30), Reply),
                (m(60), pending),
                (m(500), Claim(Resolution, 0)),
            ],
            outcome(false, false, 480, 0),
        ),
    ] {
        assert_eq!(play(policy(pauses), steps).1, expected, "{case}");
    }
}

#[test]
fn resolution_cases() {
    let pending = Set(PendingCustomer);
    for (case, steps, expected) in [
        (
            "17 an hour left",
            &[
                (m(30), Reply),
                (m(420), Set(Resolved)),
                (m(420 + 4320), Set(Open)),
            ][..],
            outcome(false, false, 480 + 4320, 0),
        ),
        (
            "17 and missed then",
            &[
                (m(30), Reply),
                (m(420), Set(Resolved)),
                (m(4740), Set(Open)),
                (m(4801), Set(Resolved)),
            ],
            outcome(false, true, 4800, 1),
        ),
        (
            "18 no second breach",
            &[
                (m(30), Reply),
                (m(490), Set(Resolved)),
                (m(600), Set(Open)),
                (m(900), Claim(Resolution, 0)),
            ],
            outcome(false, true, 480, 1),
        ),
        (
            "19 deleted before due",
            &[
                (m(30), Reply),
                (m(40), Delete),
                (m(500), Claim(Resolution, 0)),
            ],
            outcome(false, false, 480, 0),
        ),
        (
            "19 restored after",
            &[(m(30), Reply), (m(40), Delete), (m(500), Restore)],
            outcome(false, true, 480, 1),
        ),
        (
            "19 deleted after due",
            &[(m(30), Reply), (m(481), Delete)],
            outcome(false, true, 480, 1),
        ),
        (
            "34 closed first",
            &[(m(10), Set(Closed))],
            outcome(false, false, 480, 0),
        ),
        (
            "36 resolved late",
            &[(m(30), Reply), (m(481), Set(Resolved))],
            outcome(false, true, 480, 1),
        ),
        (
            "resolved at due",
            &[(m(30), Reply), (m(480), Set(Resolved))],
            outcome(false, false, 480, 0),
        ),
        (
            "43 reopened: due at once",
            &[(m(30), Reply), (m(480), Set(Resolved)), (m(700), Set(Open))],
            outcome(false, false, 700, 0),
        ),
        (
            "44 overdue already",
            &[(m(30), Reply), (m(500), pending), (m(800), Set(Open))],
            outcome(false, true, 480, 1),
        ),
        (
            "closed and reopened",
            &[(m(30), Reply), (m(60), Set(Closed)), (m(120), Set(Open))],
            outcome(false, false, 540, 0),
        ),
    ] {
        assert_eq!(play(policy(true), steps).1, expected, "{case}");
    }
}
