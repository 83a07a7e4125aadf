//! The two clocks of a ticket: time to the first staff reply, and time to the resolution.
//!
//! Everything is decided by times, never by when somebody looked. An operation first *strikes*
//! the clocks (what ran past its due time by now is a breach, also when nobody has noticed yet),
//! then changes what it changes, *settles* (pauses, stops or resumes the resolution clock as the
//! status demands) and strikes again. Time is counted around the clock, or by the calendar that
//! the policy names; policy and calendar are frozen on the ticket.

use desk_events::{Metric, Priority, Status};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::Calendar;

/// An SLA policy as frozen on a ticket: later edits of the policy leave the ticket alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The policy it was taken from.
    pub id: i64,
    /// Its name then.
    pub name: String,
    /// The priority it rules.
    pub priority: Priority,
    /// Minutes to the first staff reply.
    pub first_response_minutes: i32,
    /// Minutes to the resolution.
    pub resolution_minutes: i32,
    /// Waiting for the customer moves the resolution due time.
    pub pause_while_pending: bool,
    /// The hours that count, as they were then; none for around the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
}

impl Policy {
    fn first_response(&self) -> Duration {
        Duration::minutes(self.first_response_minutes.into())
    }

    fn resolution(&self) -> Duration {
        Duration::minutes(self.resolution_minutes.into())
    }

    /// The instant at which so much of the time that counts has passed since `from`; none where a
    /// calendar has too few hours for it.
    fn elapse(&self, from: OffsetDateTime, time: Duration) -> Option<OffsetDateTime> {
        match &self.calendar {
            Some(calendar) => calendar.elapse(from, time),
            None => from.checked_add(time),
        }
    }

    /// The time that counts between two instants.
    fn worked(&self, from: OffsetDateTime, to: OffsetDateTime) -> Duration {
        match &self.calendar {
            Some(calendar) => calendar.worked(from, to),
            None => to - from,
        }
    }
}

/// A stretch for which the resolution clock stood still, to its credit. Kept as it was rather than
/// as an amount: another policy may count by other hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// It stopped.
    #[serde(with = "time::serde::rfc3339")]
    pub from: OffsetDateTime,
    /// It ran on.
    #[serde(with = "time::serde::rfc3339")]
    pub to: OffsetDateTime,
}

/// A deadline counts as due soon when so much of its time is over, in per cent.
const SOON: i32 = 80;

fn soon(target: Duration) -> Duration {
    target * SOON / 100
}

/// What the resolution clock does in a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Running,
    /// Waits for the customer under a policy that credits it.
    Paused,
    /// Resolved or closed.
    Ended,
}

/// Both clocks with all they need to be moved on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocks {
    /// When the ticket was filed: both clocks run from here.
    pub started_at: OffsetDateTime,
    /// The frozen policy; without one there are no due times.
    pub policy: Option<Policy>,
    /// When the first staff reply is due.
    pub first_response_due_at: Option<OffsetDateTime>,
    /// The first staff reply.
    pub first_response_at: Option<OffsetDateTime>,
    /// The wait for a first reply ended without one, by resolving or closing.
    pub first_response_ended: bool,
    /// The first reply came late, or is overdue. Never taken back.
    pub first_response_breached: bool,
    /// When the resolution is due.
    pub resolution_due_at: Option<OffsetDateTime>,
    /// Since when the resolution clock stands still.
    pub resolution_stopped_at: Option<OffsetDateTime>,
    /// The resolution came late, or is overdue. Never taken back.
    pub resolution_breached: bool,
    /// What is credited: pauses, and resolved until reopened.
    pub pauses: Vec<Pause>,
    /// Raised whenever a due time moves or a clock runs on; claims of older ones are void.
    pub generation: i32,
}

impl Clocks {
    /// The clocks of a ticket filed at this time under this policy.
    pub fn start(policy: Option<Policy>, started_at: OffsetDateTime) -> Self {
        let mut clocks = Self {
            started_at,
            policy,
            first_response_due_at: None,
            first_response_at: None,
            first_response_ended: false,
            first_response_breached: false,
            resolution_due_at: None,
            resolution_stopped_at: None,
            resolution_breached: false,
            pauses: Vec::new(),
            generation: 1,
        };
        clocks.first_response_due_at = clocks.first_response_due();
        clocks.resolution_due_at = clocks.resolution_due();
        clocks
    }

    /// Can the first-response deadline still be missed?
    pub fn first_response_open(&self) -> bool {
        self.waits_for_reply()
            && self.first_response_due_at.is_some()
            && !self.first_response_breached
    }

    /// Can the resolution deadline be missed as things stand?
    pub fn resolution_open(&self) -> bool {
        self.resolution_stopped_at.is_none()
            && self.resolution_due_at.is_some()
            && !self.resolution_breached
    }

    /// When the deadline is.
    pub fn due(&self, metric: Metric) -> Option<OffsetDateTime> {
        match metric {
            Metric::FirstResponse => self.first_response_due_at,
            Metric::Resolution => self.resolution_due_at,
        }
    }

    /// Moves the clocks through one operation at `now`: `change` is applied in between and gives
    /// the status that holds afterwards. Says which deadlines turned out to be missed.
    pub fn pass(
        &mut self,
        before: Status,
        now: OffsetDateTime,
        change: impl FnOnce(&mut Self) -> Status,
    ) -> Vec<Metric> {
        let earlier = self.clone();
        self.strike(before, now);
        let after = change(self);
        self.settle(after, now);
        self.strike(after, now);
        if self.runs_anew_since(&earlier) {
            self.generation += 1;
        }
        self.missed_since(&earlier)
    }

    /// A staff reply: the first one stops the first-response clock. True for the first.
    pub fn answer(&mut self, now: OffsetDateTime) -> bool {
        let first = self.first_response_at.is_none();
        self.first_response_at.get_or_insert(now);
        first
    }

    /// Another policy, as after a priority change: due times are counted from the start again,
    /// and what was credited stays credited.
    pub fn govern(&mut self, policy: Option<Policy>) {
        self.policy = policy;
        if self.waits_for_reply() {
            self.first_response_due_at = self.first_response_due();
        }
        self.resolution_due_at = self.resolution_due();
    }

    /// Records a breach that the SLA worker claims, if that deadline is still open.
    pub fn concede(&mut self, metric: Metric) -> bool {
        let open = match metric {
            Metric::FirstResponse => self.first_response_open(),
            Metric::Resolution => self.resolution_open(),
        };
        match metric {
            Metric::FirstResponse => self.first_response_breached |= open,
            Metric::Resolution => self.resolution_breached |= open,
        }
        open
    }

    fn waits_for_reply(&self) -> bool {
        self.first_response_at.is_none() && !self.first_response_ended
    }

    /// When [`SOON`] of the time to the first reply is over, while that clock runs.
    pub fn first_response_soon_at(&self) -> Option<OffsetDateTime> {
        let policy = self
            .policy
            .as_ref()
            .filter(|_| self.first_response_open())?;
        policy.elapse(self.started_at, soon(policy.first_response()))
    }

    /// When [`SOON`] of the time to the resolution is over, while that clock runs.
    pub fn resolution_soon_at(&self) -> Option<OffsetDateTime> {
        let policy = self.policy.as_ref().filter(|_| self.resolution_open())?;
        let target = soon(policy.resolution()) + self.credit(policy);
        policy.elapse(self.started_at, target)
    }

    fn first_response_due(&self) -> Option<OffsetDateTime> {
        let policy = self.policy.as_ref()?;
        policy.elapse(self.started_at, policy.first_response())
    }

    fn resolution_due(&self) -> Option<OffsetDateTime> {
        let policy = self.policy.as_ref()?;
        let target = policy.resolution() + self.credit(policy);
        policy.elapse(self.started_at, target)
    }

    /// What the pauses are worth by a policy's hours.
    fn credit(&self, policy: &Policy) -> Duration {
        self.pauses
            .iter()
            .map(|pause| policy.worked(pause.from, pause.to))
            .sum()
    }

    fn pace(&self, status: Status) -> Pace {
        let pauses = self
            .policy
            .as_ref()
            .is_some_and(|policy| policy.pause_while_pending);
        match status {
            Status::Resolved | Status::Closed => Pace::Ended,
            Status::PendingCustomer if pauses => Pace::Paused,
            Status::Open | Status::InProgress | Status::PendingCustomer => Pace::Running,
        }
    }

    /// What ran past its due time by now is missed. A paused clock is judged by where it stands.
    fn strike(&mut self, status: Status, now: OffsetDateTime) {
        if self.waits_for_reply() && self.first_response_due_at.is_some_and(|due| now > due) {
            self.first_response_breached = true;
        }
        let stands_at = match self.pace(status) {
            Pace::Running => Some(now),
            Pace::Paused => Some(self.resolution_stopped_at.unwrap_or(now)),
            Pace::Ended => None,
        };
        if let (Some(at), Some(due)) = (stands_at, self.resolution_due_at) {
            self.resolution_breached |= at > due;
        }
    }

    /// Stops or resumes the resolution clock as the status demands; time that it stood still is
    /// credited, unless the deadline was missed before it stopped.
    fn settle(&mut self, status: Status, now: OffsetDateTime) {
        match (self.pace(status), self.resolution_stopped_at) {
            (Pace::Running, Some(since)) => {
                self.resolution_stopped_at = None;
                if !self.resolution_breached {
                    self.pauses.push(Pause {
                        from: since,
                        to: now,
                    });
                    // What was met at the very last moment is due at once, not in hindsight: to a
                    // calendar the moments of a break are all the same.
                    self.resolution_due_at = self.resolution_due().map(|due| due.max(now));
                }
            }
            (Pace::Paused | Pace::Ended, None) => self.resolution_stopped_at = Some(now),
            _ => {}
        }
        if self.pace(status) == Pace::Ended && self.first_response_at.is_none() {
            self.first_response_ended = true;
        }
    }

    fn runs_anew_since(&self, earlier: &Self) -> bool {
        self.first_response_due_at != earlier.first_response_due_at
            || self.resolution_due_at != earlier.resolution_due_at
            || self.first_response_open() && !earlier.first_response_open()
            || self.resolution_open() && !earlier.resolution_open()
    }

    fn missed_since(&self, earlier: &Self) -> Vec<Metric> {
        let mut missed = Vec::new();
        if self.first_response_breached && !earlier.first_response_breached {
            missed.push(Metric::FirstResponse);
        }
        if self.resolution_breached && !earlier.resolution_breached {
            missed.push(Metric::Resolution);
        }
        missed
    }
}

#[cfg(test)]
mod cases;
