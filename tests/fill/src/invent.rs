//! One ticket with its story: filed, taken, answered, solved, or none of it yet.

use desk_events::{Priority, Source, Status};
use time::{Duration, OffsetDateTime, Time};

use crate::{
    random::Random,
    words,
    world::{Policy, Project, World},
};

/// Tickets go back this far.
const SPAN: Duration = Duration::days(730);
/// Of a thousand tickets, how many are deleted.
const DELETED_PER_MILLE: f64 = 3.0;

/// When and where a ticket is filed: all that its number needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sketch {
    /// Its place among the projects.
    pub project: usize,
    /// When.
    pub created_at: OffsetDateTime,
}

/// Draws tickets of one seed, the oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Inventor<'a> {
    /// What there is.
    pub world: &'a World,
    /// What makes them all different, or the same again.
    pub seed: u64,
    /// How many in all.
    pub tickets: u64,
    /// The newest is filed before this.
    pub until: OffsetDateTime,
}

/// A message of a ticket.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its text.
    pub body: String,
    /// The agent who wrote it; none for the customer.
    pub agent: Option<i64>,
    /// When.
    pub created_at: OffsetDateTime,
}

/// A ticket's clocks as ticket's rules would have left them.
#[derive(Debug, Clone, Default)]
pub struct Clocks {
    /// When the first staff reply is due.
    pub first_response_due_at: Option<OffsetDateTime>,
    /// The first staff reply.
    pub first_response_at: Option<OffsetDateTime>,
    /// It came late, or is overdue.
    pub first_response_breached: bool,
    /// When the resolution is due.
    pub resolution_due_at: Option<OffsetDateTime>,
    /// Since when the clock stands still.
    pub resolution_stopped_at: Option<OffsetDateTime>,
    /// It came late, or is overdue.
    pub resolution_breached: bool,
    /// When it was resolved.
    pub resolved_at: Option<OffsetDateTime>,
    /// When it was closed.
    pub closed_at: Option<OffsetDateTime>,
}

/// A ticket without number and ids.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Its place among the projects.
    pub project: usize,
    /// Its place among the customers.
    pub customer: usize,
    /// What it is about, in a line.
    pub subject: String,
    /// What it is about.
    pub description: String,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Filed by an agent in the portal; else by key.
    pub filed_by: Option<i64>,
    /// Who works on it.
    pub assigned_to: Option<i64>,
    /// Its category.
    pub category_id: Option<i64>,
    /// Its tags, ascending.
    pub tags: Vec<i64>,
    /// The policy that rules it.
    pub policy: Option<Policy>,
    /// Its clocks.
    pub clocks: Clocks,
    /// Replies, in order.
    pub messages: Vec<Message>,
    /// When it was filed.
    pub created_at: OffsetDateTime,
    /// The last thing that happened.
    pub last_activity_at: OffsetDateTime,
    /// Soft-deleted.
    pub deleted_at: Option<OffsetDateTime>,
}

impl Ticket {
    /// The door it came through.
    pub const fn source(&self) -> Source {
        match self.filed_by {
            Some(_) => Source::Portal,
            None => Source::Api,
        }
    }
}

impl Inventor<'_> {
    /// How many customers write them: one in eight tickets brings a new one.
    pub fn customers(&self) -> usize {
        usize::try_from(self.tickets / 8).map_or(1, |count| count.max(1))
    }

    /// Where and when the n-th is filed. A desk grows: each month brings more than the one before.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a moment of two years in microseconds"
    )]
    pub fn sketch(&self, number: u64) -> Sketch {
        let mut random = Random::of(self.seed, number);
        let share = ((number as f64 + 0.5) / self.tickets as f64).sqrt();
        let moment = self.until - SPAN + SPAN * share;
        let by_rank: Vec<f64> = (1..=self.world.projects.len())
            .map(|rank| 1.0 / rank as f64)
            .collect();
        Sketch {
            project: random.weighed(&by_rank),
            created_at: self.past(in_office_hours(moment)),
        }
    }

    /// The whole n-th ticket.
    pub fn ticket(&self, number: u64) -> Ticket {
        let sketch = self.sketch(number);
        let mut random = Random::of(self.seed ^ 1, number);
        let project = &self.world.projects[sketch.project];
        let priorities = [
            Priority::Low,
            Priority::Medium,
            Priority::High,
            Priority::Critical,
        ];
        let priority = priorities[random.weighed(&[25.0, 45.0, 22.0, 8.0])];
        let policy = self.world.policy(project.id, priority);
        let (status, assigned_to) = self.stand(&mut random, sketch.created_at, project);
        let mut ticket = Ticket {
            project: sketch.project,
            customer: self.customer(&mut random),
            subject: words::subject(&mut random),
            description: words::description(&mut random),
            status,
            priority,
            filed_by: staff(&mut random, 5.0, project),
            assigned_to,
            category_id: random
                .percent(88.0)
                .then(|| skewed(&mut random, &self.world.categories))
                .flatten(),
            tags: tags(&mut random, &self.world.tags),
            clocks: Clocks::default(),
            messages: Vec::new(),
            created_at: sketch.created_at,
            last_activity_at: sketch.created_at,
            deleted_at: None,
            policy,
        };
        self.live_through(&mut random, &mut ticket, project);
        if random.percent(DELETED_PER_MILLE / 10.0) {
            ticket.deleted_at = Some(ticket.last_activity_at);
        }
        ticket
    }

    /// Most write now and then, a few write often.
    fn customer(&self, random: &mut Random) -> usize {
        let skew = if random.percent(10.0) { 2 } else { 1 };
        random.place(self.customers(), skew)
    }

    /// Old tickets are closed, but for a few; new ones wait, most of them for somebody to come.
    fn stand(
        &self,
        random: &mut Random,
        created_at: OffsetDateTime,
        project: &Project,
    ) -> (Status, Option<i64>) {
        let age = self.until - created_at;
        let weights = if age < Duration::days(2) {
            [45.0, 30.0, 10.0, 13.0, 2.0]
        } else if age < Duration::days(14) {
            [6.0, 12.0, 8.0, 34.0, 40.0]
        } else {
            [0.2, 0.4, 0.4, 6.0, 93.0]
        };
        let status = Status::ALL[random.weighed(&weights)];
        let assigned = match status {
            Status::Open => 20.0,
            Status::InProgress | Status::PendingCustomer => 100.0,
            Status::Resolved | Status::Closed => 93.0,
        };
        (status, staff(random, assigned, project))
    }

    fn live_through(&self, random: &mut Random, ticket: &mut Ticket, project: &Project) {
        let filed = ticket.created_at;
        let (reply, resolution) = ticket.policy.as_ref().map_or((240, 1_440), |policy| {
            (policy.first_response_minutes, policy.resolution_minutes)
        });
        let minutes = |minutes: i64| Duration::minutes(minutes);
        let answered_at = self.past(filed + minutes(reply) * random.about(0.4));
        let resolved_at = self.past(answered_at + minutes(resolution) * random.about(0.35));
        let closed_at = self.past(resolved_at + Duration::days(2) * random.about(1.0));

        let clocks = &mut ticket.clocks;
        if let Some(policy) = &ticket.policy {
            clocks.first_response_due_at = Some(filed + minutes(policy.first_response_minutes));
            clocks.resolution_due_at = Some(filed + minutes(policy.resolution_minutes));
        }
        let solved = matches!(ticket.status, Status::Resolved | Status::Closed);
        let pauses = ticket
            .policy
            .as_ref()
            .is_some_and(|policy| policy.pause_while_pending);
        if ticket.status != Status::Open {
            clocks.first_response_at = Some(answered_at);
            let author = ticket
                .assigned_to
                .or_else(|| project.agents.first().copied());
            ticket.messages.push(Message {
                body: words::answer(random),
                agent: author,
                created_at: answered_at,
            });
            ticket.last_activity_at = answered_at;
            if random.percent(40.0) {
                let at = answered_at + Duration::MICROSECOND;
                ticket.messages.push(Message {
                    body: words::follow_up(random),
                    agent: None,
                    created_at: at,
                });
                ticket.last_activity_at = at;
            }
        }
        if solved {
            clocks.resolved_at = Some(resolved_at.max(ticket.last_activity_at));
            clocks.resolution_stopped_at = clocks.resolved_at;
        } else if ticket.status == Status::PendingCustomer && pauses {
            clocks.resolution_stopped_at = Some(answered_at);
        }
        if ticket.status == Status::Closed {
            clocks.closed_at = clocks.resolved_at.max(Some(closed_at));
        }
        let ended = clocks.closed_at.or(clocks.resolved_at);
        ticket.last_activity_at = ended.unwrap_or(ticket.last_activity_at);
        let missed = |due: Option<OffsetDateTime>, done: Option<OffsetDateTime>| {
            due.is_some_and(|due| done.unwrap_or(self.until) > due)
        };
        clocks.first_response_breached =
            missed(clocks.first_response_due_at, clocks.first_response_at);
        clocks.resolution_breached = missed(clocks.resolution_due_at, clocks.resolution_stopped_at);
    }

    /// What would be to come has happened just now. As the database keeps it: an event that tells
    /// it finer would differ from its ticket.
    fn past(&self, moment: OffsetDateTime) -> OffsetDateTime {
        let finer = i64::from(moment.nanosecond() % 1_000);
        self.until.min(moment - Duration::nanoseconds(finer))
    }
}

/// Most is filed between eight and six, without changing which came first.
fn in_office_hours(moment: OffsetDateTime) -> OffsetDateTime {
    let day = moment.replace_time(Time::MIDNIGHT);
    let hours = (moment - day).as_seconds_f64() / 3_600.0;
    let moved = match hours {
        night if night < 2.4 => night / 0.3,
        office if office < 21.6 => 8.0 + (office - 2.4) / 1.92,
        evening => 18.0 + (evening - 21.6) * 2.5,
    };
    day + Duration::seconds_f64(moved * 3_600.0)
}

fn staff(random: &mut Random, chance: f64, project: &Project) -> Option<i64> {
    let agent = skewed(random, &project.agents);
    agent.filter(|_| random.percent(chance))
}

fn skewed(random: &mut Random, of: &[i64]) -> Option<i64> {
    of.get(random.place(of.len(), 2)).copied()
}

/// None on most, up to three on some.
fn tags(random: &mut Random, of: &[i64]) -> Vec<i64> {
    let count = [0, 1, 2, 3][random.weighed(&[60.0, 25.0, 10.0, 5.0])];
    let mut tags: Vec<i64> = (0..count).filter_map(|_| skewed(random, of)).collect();
    tags.sort_unstable();
    tags.dedup();
    tags
}
