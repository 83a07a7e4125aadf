//! Who is still told when the mail goes out.

use desk_events::Metric;
use desk_testkit::facts::{FILED, filed};

use super::*;

fn ticket() -> Ticket {
    let mut ticket = Ticket::told(&filed(7), 2);
    ticket.assigned_to = Some(5);
    ticket.watchers = vec![6];
    ticket.creator_id = None;
    ticket
}

fn person(id: i64, role: Role) -> Person {
    Person {
        id,
        name: "Grace".to_owned(),
        email: "grace@example.com".to_owned(),
        role,
        is_live: true,
        is_verified: true,
        is_member: Some(true),
        is_muted: false,
    }
}

fn asked(user_id: i64) -> Question<'static> {
    Question {
        kind: Kind::Reply,
        user_id: Some(user_id),
        email: None,
        detail: None,
        occurred_at: FILED,
        now: FILED + LATE_COPY,
    }
}

fn of_customer() -> Question<'static> {
    Question {
        user_id: None,
        email: Some("ada@example.com"),
        ..asked(0)
    }
}

fn verdict(question: Question<'_>, ticket: Ticket, person: Option<Person>) -> String {
    let known = Known {
        ticket: Some(ticket),
        person,
        actor_email: Some("actor@example.com".to_owned()),
    };
    match addressee(question, &known) {
        Ok(addressee) => addressee.email,
        Err(silence) => silence.to_string(),
    }
}

#[test]
fn staff_are_told_while_they_have_to_do_with_it() {
    use Role::{Admin, Agent, Customer};
    let agent = || person(5, Agent);
    let grace = "grace@example.com";
    for (case, id, person, expected) in [
        ("assignee", 5, Some(agent()), grace),
        ("watcher", 6, Some(person(6, Agent)), grace),
        (
            "neither any more",
            8,
            Some(person(8, Agent)),
            "not_concerned",
        ),
        (
            "disabled",
            5,
            Some(Person {
                is_live: false,
                ..agent()
            }),
            "out_of_scope",
        ),
        (
            "left the project",
            5,
            Some(Person {
                is_member: Some(false),
                ..agent()
            }),
            "out_of_scope",
        ),
        (
            "never was in it",
            5,
            Some(Person {
                is_member: None,
                ..agent()
            }),
            "out_of_scope",
        ),
        (
            "an admin without a place",
            5,
            Some(Person {
                is_member: None,
                ..person(5, Admin)
            }),
            grace,
        ),
        ("demoted", 5, Some(person(5, Customer)), "out_of_scope"),
        (
            "muted",
            5,
            Some(Person {
                is_muted: true,
                ..agent()
            }),
            "muted",
        ),
        ("unknown", 5, None, "out_of_scope"),
        (
            "the actor's address",
            5,
            Some(Person {
                email: "actor@example.com".into(),
                ..agent()
            }),
            "actor",
        ),
    ] {
        assert_eq!(verdict(asked(id), ticket(), person), expected, "{case}");
    }
}

#[test]
fn what_a_copy_does_not_know_yet_is_looked_at_again() {
    let at_once = Question {
        now: FILED,
        ..asked(5)
    };
    let stranger = Person {
        is_member: None,
        ..person(5, Role::Agent)
    };
    for (case, person, expected) in [
        ("nobody", None, "not_yet"),
        ("no place", Some(stranger.clone()), "not_yet"),
        (
            "left",
            Some(Person {
                is_member: Some(false),
                ..stranger
            }),
            "out_of_scope",
        ),
    ] {
        assert_eq!(verdict(at_once, ticket(), person), expected, "{case}");
    }
}

#[test]
fn an_agent_who_filed_it_needs_no_place_in_the_project() {
    let mut own = ticket();
    own.creator_id = Some(5);
    let outside = Person {
        is_member: Some(false),
        ..person(5, Role::Agent)
    };
    assert_eq!(verdict(asked(5), own, Some(outside)), "grace@example.com");
}

#[test]
fn a_customer_who_follows_an_own_ticket_hears_no_deadlines() {
    let mut own = ticket();
    own.creator_id = Some(6);
    let customer = || Some(person(6, Role::Customer));
    assert_eq!(
        verdict(asked(6), own.clone(), customer()),
        "grace@example.com"
    );
    let breach = Question {
        kind: Kind::Breach,
        ..asked(6)
    };
    assert_eq!(verdict(breach, own, customer()), "out_of_scope");
}

#[test]
fn the_customer_is_told_by_the_tickets_address() {
    let account = || Person {
        email: "ada@example.com".to_owned(),
        ..person(9, Role::Customer)
    };
    for (case, account, expected) in [
        ("no account", None, "ada@example.com"),
        ("an account", Some(account()), "ada@example.com"),
        (
            "disabled",
            Some(Person {
                is_live: false,
                ..account()
            }),
            "out_of_scope",
        ),
        (
            "muted",
            Some(Person {
                is_muted: true,
                ..account()
            }),
            "muted",
        ),
        (
            "a stranger's registration",
            Some(Person {
                is_muted: true,
                is_verified: false,
                ..account()
            }),
            "ada@example.com",
        ),
    ] {
        assert_eq!(
            verdict(of_customer(), ticket(), account),
            expected,
            "{case}"
        );
    }
    let mut moved = ticket();
    moved.customer_email = "new@example.com".to_owned();
    assert_eq!(verdict(of_customer(), moved, None), "not_concerned");
}

#[test]
fn a_deleted_ticket_is_told_of_to_nobody() {
    let mut deleted = ticket();
    deleted.deleted = true;
    assert_eq!(verdict(of_customer(), deleted, None), "no_ticket");
    assert_eq!(
        addressee(of_customer(), &Known::default()),
        Err(Silence::NoTicket)
    );
}

#[test]
fn a_deadline_that_moved_is_not_told() {
    let soon = |generation| Detail::Deadlines {
        due: vec![super::super::Deadline {
            metric: Metric::Resolution,
            due_at: None,
        }],
        generation,
    };
    let mut stopped = ticket();
    stopped.resolution_open = false;
    for (case, ticket, generation, expected) in [
        ("ahead", ticket(), 1, "grace@example.com"),
        ("moved", ticket(), 2, "stale"),
        ("stopped", stopped, 1, "stale"),
    ] {
        let detail = soon(generation);
        let question = Question {
            kind: Kind::DueSoon,
            detail: Some(&detail),
            ..asked(5)
        };
        assert_eq!(
            verdict(question, ticket, Some(person(5, Role::Agent))),
            expected,
            "{case}"
        );
    }
}
