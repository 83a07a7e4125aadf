//! Judging the SLA worker's claims that deadlines have passed.

use desk_events::{Metric, SlaClaim};
use time::{Duration, OffsetDateTime};

use super::{Ticket, Write};

/// Records what is claimed, but for void claims: the ticket was answered in time, the deadline
/// moved since (another generation), the breach was recorded already, or the ticket is deleted.
///
/// A claim is made after the due time. Where this clock is behind the worker's, the breach is
/// dated right after the due time, so that no later answer can seem to have been in time.
pub fn judge(ticket: &Ticket, claims: &[&SlaClaim], clock: OffsetDateTime) -> Write {
    let live = ticket.deleted_at.is_none();
    let missed: Vec<Metric> = claims
        .iter()
        .filter(|claim| live && claim.generation == ticket.clocks.generation)
        .map(|claim| claim.metric)
        .collect();
    let dues = missed
        .iter()
        .filter_map(|metric| ticket.clocks.due(*metric));
    let after = dues.max().map(|due| due + Duration::MICROSECOND);
    let now = ticket.moment(after.map_or(clock, |after| after.max(clock)));
    let mut write = Write::of(ticket, now);
    let clocks = &mut write.ticket.clocks;
    let conceded: Vec<Metric> = missed
        .into_iter()
        .filter(|metric| clocks.concede(*metric))
        .collect();
    write.say_missed(&conceded);
    write
}

#[cfg(test)]
mod tests {
    use desk_events::{Actor, Metric::FirstResponse};

    use super::*;
    use crate::domain::{
        reply::{self, Draft},
        status::Side,
        ticket::tests::{FILED, policy, ticket},
    };

    fn claim(ticket: &Ticket, metric: Metric) -> SlaClaim {
        SlaClaim {
            ticket_id: ticket.id,
            project_id: ticket.project_id,
            metric,
            due_at: FILED + Duration::HOUR,
            generation: ticket.clocks.generation,
        }
    }

    #[test]
    fn claims_of_both_clocks_are_one_entry() {
        let ticket = ticket(Some(policy(false)));
        let claims = [FirstResponse, Metric::Resolution].map(|metric| claim(&ticket, metric));
        let twice = [&claims[0], &claims[1], &claims[0]];
        let write = judge(&ticket, &twice, FILED + Duration::DAY);
        assert_eq!(write.entries.len(), 1);
        assert_eq!(write.entries[0].changes.len(), 2);
        assert_eq!(write.ticket.updated_at, FILED + Duration::DAY);
    }

    #[test]
    fn a_clock_that_is_behind_lets_no_answer_seem_in_time() {
        let ticket = ticket(Some(policy(false)));
        let behind = FILED + Duration::minutes(59);
        let breached = judge(&ticket, &[&claim(&ticket, FirstResponse)], behind).ticket;
        assert!(breached.updated_at > FILED + Duration::HOUR);
        let draft = Draft {
            kind: desk_events::MessageKind::Reply,
            body: "text".into(),
            side: Side::Staff,
            author_user_id: None,
        };
        let answered = reply::add(&breached, draft, Actor::user(3), breached.moment(behind));
        let answered_at = answered.unwrap().ticket.clocks.first_response_at;
        assert!(answered_at > breached.clocks.first_response_due_at);
    }
}
