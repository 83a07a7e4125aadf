//! What becomes of policies and calendars after a ticket was filed.

use std::collections::BTreeSet;

use desk_events::{Metric::FirstResponse, Status::PendingCustomer};
use time::{Duration, macros::datetime};

use super::{
    Step::{Assign, Claim, Reply, Set},
    apply, m,
};
use crate::{
    domain::{
        Policy, Ticket,
        calendar::tests::{calendar, weekdays},
        ticket::tests::{FILED, policy, ticket},
    },
    store::{configuration::Configuration, policies::ProjectPolicy},
};

fn configuration(policies: Vec<(Option<i64>, Policy)>) -> Configuration {
    let rule = |(project_id, policy)| ProjectPolicy { project_id, policy };
    Configuration {
        policies: policies.into_iter().map(rule).collect(),
        ..Configuration::default()
    }
}

/// The ticket that is filed while this is configured.
fn filed(configuration: &Configuration) -> Ticket {
    let blank = ticket(None);
    let rule = configuration.policy(blank.project_id, blank.priority);
    ticket(rule.cloned())
}

/// The ticket after some work on it.
fn worked_on(mut seen: Ticket) -> Ticket {
    for (minute, step) in [(10, Assign), (20, Set(PendingCustomer)), (30, Reply)] {
        let write = apply(&seen, step, FILED + Duration::seconds(m(minute)));
        seen = write.ticket;
    }
    seen
}

#[test]
fn the_projects_own_policy_goes_before_the_default() {
    let own = Policy {
        id: 2,
        ..policy(false)
    };
    let configuration = configuration(vec![(None, policy(false)), (Some(1), own.clone())]);
    assert_eq!(filed(&configuration).clocks.policy, Some(own));
    let foreign = configuration.policy(9, desk_events::Priority::High);
    assert_eq!(foreign, Some(&policy(false)));
}

#[test]
fn case_20_a_policy_added_later_leaves_old_tickets_alone() {
    let mut configuration = configuration(Vec::new());
    let old = filed(&configuration);
    configuration.policies.push(ProjectPolicy {
        project_id: None,
        policy: policy(true),
    });
    let seen = worked_on(old);
    assert_eq!(seen.clocks.first_response_due_at, None);
    assert_eq!(seen.clocks.resolution_due_at, None);
    assert!(!seen.clocks.first_response_breached && !seen.state().resolution_open);
    assert!(filed(&configuration).state().resolution_open);
}

#[test]
fn case_21_a_deleted_policy_leaves_its_due_times() {
    let mut configuration = configuration(vec![(None, policy(false))]);
    let old = filed(&configuration);
    configuration.policies.clear();
    let seen = worked_on(old.clone());
    assert_eq!(
        seen.clocks.resolution_due_at,
        Some(FILED + Duration::hours(8))
    );
    let late = FILED + Duration::minutes(61);
    let write = apply(&old, Claim(FirstResponse, 0), late);
    assert!(write.ticket.clocks.first_response_breached);
    assert_eq!(filed(&configuration).clocks.policy, None);
}

#[test]
fn case_45_a_holiday_that_comes_later_leaves_old_tickets_alone() {
    let office = calendar("UTC", weekdays(&[["09:00", "17:00"]]), &[]);
    let policy = Policy {
        resolution_minutes: 600,
        calendar: Some(office),
        ..policy(true)
    };
    let mut configuration = configuration(vec![(None, policy)]);
    let old = filed(&configuration);
    let holidays: BTreeSet<_> = serde_json::from_value(serde_json::json!(["2026-03-03"])).unwrap();
    for rule in &mut configuration.policies {
        if let Some(calendar) = &mut rule.policy.calendar {
            calendar.holidays.clone_from(&holidays);
        }
    }
    let due = |ticket: &Ticket| ticket.clocks.resolution_due_at;
    assert_eq!(due(&old), Some(datetime!(2026-03-03 11:00 UTC)));
    assert_eq!(
        due(&filed(&configuration)),
        Some(datetime!(2026-03-04 11:00 UTC))
    );
    // Ten minutes of pause are added to what the ticket knew.
    assert_eq!(
        due(&apply(
            &worked_on(old),
            Set(desk_events::Status::Open),
            FILED + Duration::minutes(30)
        )
        .ticket),
        Some(datetime!(2026-03-03 11:10 UTC))
    );
}
