//! A random history of three projects: up to forty tickets in four hundred days, agents, categories
//! and their changing names.

use desk_events::{
    Aggregate, AggregateKind, CategoryState, Event, Fact, MembershipState, NewEvent, Priority,
    ProjectState, Role, Status, TicketEvent, TicketState, UserState,
};
use rand::{
    RngExt,
    rngs::StdRng,
    seq::{IndexedRandom, IteratorRandom},
};
use time::{Date, Duration, OffsetDateTime, macros::date};

use crate::facts::{filed, heard, said};

/// The first day that a ticket may be filed on.
pub const FIRST_DAY: Date = date!(2025 - 01 - 15);
/// Tickets are filed on as many days.
pub const DAYS: i64 = 400;
const TICKETS: i64 = 40;
const CHANGES: i64 = 9;
/// Changes of a name.
const RENAMES: i64 = 2;
/// Projects, agents and categories, each.
const OF_EACH: i64 = 3;

/// What happened, and what ticket's tables hold in the end.
pub struct History {
    pub number: i64,
    pub projects: [i64; 3],
    pub agents: [i64; 3],
    pub events: Vec<Event>,
    /// Purged ones are gone.
    pub tickets: Vec<TicketState>,
    pub project_names: Vec<(i64, String)>,
    pub agent_names: Vec<(i64, String)>,
    pub categories: Vec<CategoryState>,
}

impl History {
    /// No two histories share an id.
    pub fn random(number: i64, rng: &mut StdRng) -> Self {
        let ids = [1, 2, 3].map(|place| number * OF_EACH + place);
        let mut history = Self {
            number,
            projects: ids,
            agents: ids,
            events: Vec::new(),
            tickets: Vec::new(),
            project_names: Vec::new(),
            agent_names: Vec::new(),
            categories: Vec::new(),
        };
        for id in ids {
            history.project(id, rng);
            history.agent(id, rng);
            history.category(id, rng);
        }
        for place in 0..rng.random_range(0..=TICKETS) {
            history.ticket(number * TICKETS + place + 1, rng);
        }
        history
    }

    fn tell(&mut self, kind: AggregateKind, id: i64, sequence: i64, fact: Fact) {
        self.events.push(heard(NewEvent {
            aggregate: Aggregate { kind, id },
            sequence,
            occurred_at: FIRST_DAY.midnight().assume_utc(),
            fact,
        }));
    }

    fn project(&mut self, id: i64, rng: &mut StdRng) {
        let last = rng.random_range(1..=1 + RENAMES);
        for sequence in 1..=last {
            let project = ProjectState {
                id,
                name: format!("Project {id} v{sequence}"),
                slug: format!("project-{id}"),
                prefix: format!("P{id}"),
                is_active: true,
                deleted: false,
            };
            let fact = Fact::ProjectUpdated(Box::new(project));
            self.tell(AggregateKind::Project, id, sequence, fact);
        }
        self.project_names
            .push((id, format!("Project {id} v{last}")));
        let place = MembershipState {
            project_id: id,
            user_id: self.agents[0],
            is_lead: false,
            is_member: true,
        };
        let fact = Fact::ProjectMembership(Box::new(place));
        self.tell(AggregateKind::Membership, id, 1, fact);
    }

    fn agent(&mut self, id: i64, rng: &mut StdRng) {
        let last = rng.random_range(1..=1 + RENAMES);
        for sequence in 1..=last {
            let user = UserState {
                id,
                name: format!("Agent {id} v{sequence}"),
                email: format!("{id}@desk.test"),
                role: Role::Agent,
                is_active: true,
                email_verified_at: None,
                deleted: false,
            };
            let fact = Fact::UserUpdated(Box::new(user));
            self.tell(AggregateKind::User, id, sequence, fact);
        }
        self.agent_names.push((id, format!("Agent {id} v{last}")));
    }

    fn category(&mut self, id: i64, rng: &mut StdRng) {
        let last = rng.random_range(1..=1 + RENAMES);
        for sequence in 1..=last {
            let category = CategoryState {
                id,
                parent_id: None,
                name: format!("Category {id} v{sequence}"),
                color: rng.random_ratio(2, 3).then(|| format!("#00000{sequence}")),
                deleted: rng.random_ratio(1, 5),
            };
            let fact = Fact::ConfigCategory(Box::new(category.clone()));
            self.tell(AggregateKind::Category, id, sequence, fact);
            if sequence == last {
                self.categories.push(category);
            }
        }
    }

    fn ticket(&mut self, id: i64, rng: &mut StdRng) {
        let created = FIRST_DAY.midnight().assume_utc()
            + Duration::days(rng.random_range(0..DAYS))
            + Duration::microseconds(rng.random_range(0..86_400_000_000));
        let mut ticket = TicketState {
            project_id: self.projects.choose(rng).copied().unwrap(),
            category_id: self.maybe_category(rng),
            priority: *Priority::ALL.choose(rng).unwrap(),
            created_at: created,
            ..filed(id)
        };
        let (mut sequence, mut now) = (1, created);
        self.say(Fact::TicketCreated, &ticket, sequence);
        for _ in 0..rng.random_range(0..CHANGES) {
            sequence += 1;
            now += Duration::microseconds(rng.random_range(1..20 * 86_400_000_000));
            let fact = self.change(&mut ticket, now, rng);
            self.say(fact, &ticket, sequence);
        }
        if ticket.deleted_at.is_some() && rng.random_ratio(1, 3) {
            self.say(Fact::TicketPurged, &ticket, sequence + 1);
        } else {
            self.tickets.push(ticket);
        }
    }

    fn say(&mut self, fact: fn(Box<TicketEvent>) -> Fact, ticket: &TicketState, sequence: i64) {
        self.events
            .push(heard(said(fact, ticket.clone(), sequence)));
    }

    fn maybe_category(&self, rng: &mut StdRng) -> Option<i64> {
        let ids = self.categories.iter().map(|category| category.id);
        ids.map(Some).chain([None]).choose(rng).flatten()
    }

    fn change(
        &self,
        ticket: &mut TicketState,
        now: OffsetDateTime,
        rng: &mut StdRng,
    ) -> fn(Box<TicketEvent>) -> Fact {
        match rng.random_range(0..10) {
            0..=2 => {
                move_to(ticket, *Status::ALL.choose(rng).unwrap(), now);
                Fact::StatusChanged
            }
            3 | 4 => {
                let agents = self.agents.map(Some);
                ticket.assigned_to = agents.into_iter().chain([None]).choose(rng).flatten();
                Fact::TicketAssigned
            }
            5 => {
                ticket.priority = *Priority::ALL.choose(rng).unwrap();
                ticket.category_id = self.maybe_category(rng);
                Fact::TicketUpdated
            }
            6 => {
                ticket.first_response_breached |= rng.random_bool(0.5);
                ticket.resolution_breached |= rng.random_bool(0.5);
                Fact::TicketBreached
            }
            7 | 8 => {
                ticket.first_response_at.get_or_insert(now);
                ticket.reply_count += 1;
                Fact::MessageAdded
            }
            _ => toggle_deleted(ticket, now),
        }
    }
}

/// Leaving resolved clears the resolution, but for closed.
fn move_to(ticket: &mut TicketState, status: Status, now: OffsetDateTime) {
    ticket.status = status;
    match status {
        Status::Resolved => ticket.resolved_at = Some(now),
        Status::Closed => {}
        _ => ticket.resolved_at = None,
    }
    ticket.closed_at = (status == Status::Closed).then_some(now);
}

fn toggle_deleted(ticket: &mut TicketState, now: OffsetDateTime) -> fn(Box<TicketEvent>) -> Fact {
    if ticket.deleted_at.take().is_some() {
        Fact::TicketRestored
    } else {
        ticket.deleted_at = Some(now);
        Fact::TicketDeleted
    }
}
