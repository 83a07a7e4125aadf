//! A ticket as the contract tells of it, in whole minutes since it was filed. Pure, and told
//! another way than the service's own rules: what happened is kept, and the rest follows.

mod shown;

use desk_events::{Priority, Status};

use super::{Filed, Step, Who};
use crate::desk::{OTHER_AGENT, TUNDE};

const THIRTY_DAYS: i64 = 30 * 24 * 60;

/// Minutes to the first reply and to the resolution, of the policies that a desk starts with.
const fn targets(priority: Priority) -> (i64, i64) {
    match priority {
        Priority::Critical => (15, 120),
        Priority::High => (60, 480),
        Priority::Medium => (240, 1_440),
        Priority::Low => (480, 4_800),
    }
}

const fn is_over(status: Status) -> bool {
    matches!(status, Status::Resolved | Status::Closed)
}

/// A message: its type, and whether it is staff's and the first of staff.
#[derive(Debug, Clone, Copy)]
struct Message {
    kind: &'static str,
    by_staff: bool,
    is_first: bool,
}

/// A ticket.
#[derive(Debug, Clone)]
pub struct Model {
    filed: Filed,
    now: i64,
    status: Status,
    priority: Priority,
    subject: &'static str,
    assignee: Option<i64>,
    tags: Vec<i64>,
    watchers: Vec<i64>,
    rating: Option<i16>,
    messages: Vec<Message>,
    history: Vec<&'static str>,
    last_shown: i64,
    was_resolved: bool,
    resolved_at: Option<i64>,
    closed_at: Option<i64>,
    deleted_at: Option<i64>,
    pub is_purged: bool,
    first_reply_at: Option<i64>,
    /// Nobody waits for a first reply any more.
    first_reply_over: bool,
    first_reply_due: i64,
    first_reply_missed: bool,
    resolution_due: i64,
    resolution_missed: bool,
    stopped_at: Option<i64>,
    /// Minutes for which the resolution clock stood still, to its credit.
    credit: i64,
}

impl Model {
    pub fn new(filed: Filed) -> Self {
        let (first_reply_due, resolution_due) = targets(Priority::Medium);
        Self {
            filed,
            now: 0,
            status: Status::Open,
            priority: Priority::Medium,
            subject: "Broken",
            assignee: None,
            tags: Vec::new(),
            watchers: Vec::new(),
            rating: None,
            messages: Vec::new(),
            history: vec!["created"],
            last_shown: 0,
            was_resolved: false,
            resolved_at: None,
            closed_at: None,
            deleted_at: None,
            is_purged: false,
            first_reply_at: None,
            first_reply_over: false,
            first_reply_due,
            first_reply_missed: false,
            resolution_due,
            resolution_missed: false,
            stopped_at: None,
            credit: 0,
        }
    }

    pub const fn is_there(&self) -> bool {
        self.deleted_at.is_none() && !self.is_purged
    }

    pub const fn is_seen_by(&self, who: Who) -> bool {
        self.filed.is_seen_by(who)
    }

    /// What the step is answered with; the model is as it is afterwards. None: nobody is asked.
    pub fn take(&mut self, step: &Step) -> Option<u16> {
        match step {
            Step::Wait(minutes) => {
                self.now += minutes;
                None
            }
            Step::Purge => {
                let since = self.deleted_at.map(|at| self.now - at);
                self.is_purged |= since.is_some_and(|minutes| minutes >= THIRTY_DAYS);
                None
            }
            step => Some(self.refusal(step).unwrap_or_else(|| self.change(step))),
        }
    }

    /// The status by which the step is refused, if it is: the role first, then whether the ticket
    /// is seen, then what is asked for, then the ticket's state.
    fn refusal(&self, step: &Step) -> Option<u16> {
        let may = match step {
            Step::Note(who)
            | Step::Assign(who, _)
            | Step::Status(who, _)
            | Step::Priority(who, _)
            | Step::Tags(who, _) => who.is_staff(),
            Step::Rate(who, _) => who.is_admin() || !who.is_staff(),
            Step::Delete(who) | Step::Restore(who) => who.is_admin(),
            _ => true,
        };
        let is_seen = match step {
            Step::Restore(_) => self.deleted_at.is_some() && !self.is_purged,
            step => self.is_there() && step.by().is_none_or(|who| self.is_seen_by(who)),
        };
        let is_closed = self.status == Status::Closed;
        let is_solved = self.status == Status::Resolved || is_closed && self.was_resolved;
        let fits = match step {
            Step::Reply(_) | Step::Note(_) | Step::KeyReply => !is_closed,
            Step::Subject(who, _) => who.is_staff() || self.status == Status::Open,
            Step::Rate(..) => is_solved && self.rating.is_none(),
            _ => true,
        };
        let nobody = matches!(step, Step::Assign(_, Some(OTHER_AGENT | TUNDE)));
        [(!may, 403), (!is_seen, 404), (nobody, 422), (!fits, 409)]
            .into_iter()
            .find_map(|(is_refused, status)| is_refused.then_some(status))
    }

    /// Does what nothing speaks against; answers the status.
    fn change(&mut self, step: &Step) -> u16 {
        match step {
            Step::Reply(who) => self.reply(self.filed.is_helped_by(*who)),
            Step::KeyReply => self.reply(false),
            Step::Note(who) => self.note(self.filed.is_helped_by(*who)),
            Step::Status(_, to) => self.set(*to),
            Step::KeyClose => self.set(Status::Closed),
            Step::Assign(_, to) => self.assign(*to),
            Step::Priority(_, to) => self.prioritise(*to),
            Step::Tags(_, tags) => {
                let mut tags = tags.clone();
                tags.sort_unstable();
                tags.dedup();
                if self.tags != tags {
                    self.tags = tags;
                    self.say_shown("updated");
                }
            }
            Step::Subject(_, to) => {
                if self.subject != *to {
                    self.subject = to;
                    self.say_shown("updated");
                }
            }
            Step::Watch(who) => {
                let watched = self.watchers.len();
                self.watchers.retain(|watcher| *watcher != who.id());
                if self.watchers.len() == watched {
                    self.watchers.push(who.id());
                }
                self.say("watched");
            }
            Step::Rate(_, score) => {
                self.rating = Some(*score);
                self.say_shown("rated");
            }
            Step::Delete(_) => {
                let missed = self.overdue();
                self.tell(missed);
                self.deleted_at = Some(self.now);
                self.say("deleted");
            }
            Step::Restore(_) => {
                self.deleted_at = None;
                self.say("restored");
                let missed = self.overdue();
                self.tell(missed);
            }
            Step::Wait(_) | Step::Purge => {}
        }
        match step {
            Step::Reply(_) | Step::KeyReply | Step::Note(_) | Step::Rate(..) => 201,
            _ => 200,
        }
    }

    fn note(&mut self, by_staff: bool) {
        let missed = self.overdue();
        self.messages.push(Message {
            kind: "note",
            by_staff,
            is_first: false,
        });
        self.say("note_added");
        self.tell(missed);
    }

    fn assign(&mut self, to: Option<i64>) {
        if self.assignee == to {
            return;
        }
        self.assignee = to;
        self.say_shown("assigned");
        if to.is_some() && self.status == Status::Open {
            self.status = Status::InProgress;
            self.say_shown("status_changed");
        }
    }

    fn reply(&mut self, by_staff: bool) {
        let missed = self.overdue();
        let is_first = by_staff && self.first_reply_at.is_none();
        if is_first {
            self.first_reply_at = Some(self.now);
            self.first_reply_over = true;
        }
        self.messages.push(Message {
            kind: "reply",
            by_staff,
            is_first,
        });
        self.say_shown("reply_added");
        let waits = matches!(self.status, Status::PendingCustomer | Status::Resolved);
        if !by_staff && waits {
            self.move_to(match self.assignee {
                Some(_) => Status::InProgress,
                None => Status::Open,
            });
        }
        self.tell(missed);
    }

    fn set(&mut self, to: Status) {
        if to != self.status {
            let missed = self.overdue();
            self.move_to(to);
            self.tell(missed);
        }
    }

    fn move_to(&mut self, to: Status) {
        self.status = to;
        self.closed_at = (to == Status::Closed).then_some(self.now);
        if to == Status::Resolved {
            self.resolved_at = self.resolved_at.or(Some(self.now));
            self.was_resolved = true;
        } else if to != Status::Closed {
            self.resolved_at = None;
        }
        self.first_reply_over |= is_over(to);
        match self.stopped_at {
            None if is_over(to) => self.stopped_at = Some(self.now),
            Some(since) if !is_over(to) => {
                self.stopped_at = None;
                if !self.resolution_missed {
                    self.credit += self.now - since;
                    let (_, target) = targets(self.priority);
                    self.resolution_due = (target + self.credit).max(self.now);
                }
            }
            _ => {}
        }
        self.say_shown("status_changed");
    }

    fn prioritise(&mut self, to: Priority) {
        if to == self.priority {
            return;
        }
        let before = self.overdue();
        self.priority = to;
        let (first_reply, resolution) = targets(to);
        if !self.first_reply_over {
            self.first_reply_due = first_reply;
        }
        self.resolution_due = resolution + self.credit;
        self.say_shown("updated");
        let missed = self.overdue() || before;
        self.tell(missed);
    }

    /// Notes what is past its due time; true when that is news. To the minute, as a ticket takes
    /// less than one to live: what was due that many minutes after filing is past by moments.
    fn overdue(&mut self) -> bool {
        let first_reply = !self.first_reply_over && self.now >= self.first_reply_due;
        let resolution = self.stopped_at.is_none() && self.now >= self.resolution_due;
        let news = first_reply && !self.first_reply_missed || resolution && !self.resolution_missed;
        self.first_reply_missed |= first_reply;
        self.resolution_missed |= resolution;
        news
    }

    fn tell(&mut self, missed: bool) {
        if missed {
            self.say("breached");
        }
    }

    fn say(&mut self, what: &'static str) {
        self.history.push(what);
    }

    /// As activity that the customer sees.
    fn say_shown(&mut self, what: &'static str) {
        self.say(what);
        self.last_shown = self.now;
    }
}
