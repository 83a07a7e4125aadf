//! The log of faults and the table of the end.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    sync::atomic::Ordering,
    time::Duration,
};

use e2e::load::Acknowledged;
use xtask::service::Service;

use crate::{
    after::Check,
    hurt::Outcome,
    plan::{Fault, Victim},
};

/// A fault that was.
#[derive(Debug)]
pub struct Happened {
    /// Since the clients began.
    pub at: Duration,
    /// Until all was there again.
    pub took: Duration,
    /// What.
    pub fault: Fault,
    /// Whose disk it was.
    pub whose: Option<Service>,
    /// What became of it.
    pub outcome: Outcome,
}

/// A line of the log.
impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, took) = (self.at.as_secs_f64(), self.took.as_secs_f64());
        write!(f, "{at:>6.1} s  {}", self.fault)?;
        if let Some(service) = self.whose {
            write!(f, " ({service})")?;
        }
        match &self.outcome {
            Outcome::Done => write!(f, ", whole after {took:.1} s"),
            Outcome::Elsewhere => {
                write!(f, " (nobody came by: elsewhere), whole after {took:.1} s")
            }
            Outcome::Skipped(why) => write!(f, ": SKIPPED, {why}"),
        }
    }
}

/// What was acknowledged.
#[derive(Debug, Default)]
pub struct Writes {
    counts: [(&'static str, usize); 5],
    retries: u32,
}

impl Writes {
    /// Counts it.
    pub fn of(done: &Acknowledged) -> Self {
        let tickets = done.tickets.lock().map_or(0, |tickets| tickets.len());
        Self {
            counts: [
                ("tickets", tickets),
                ("answers", done.answers.count()),
                ("replies", done.replies.count()),
                ("resolved or closed", done.ended.count()),
                ("ratings", done.ratings.count()),
            ],
            retries: done.retries.load(Ordering::Relaxed),
        }
    }
}

/// What became of a run.
#[derive(Debug)]
pub struct Report {
    /// Which.
    pub seed: u64,
    /// How long the clients worked.
    pub worked: Duration,
    /// What they were told is done.
    pub writes: Writes,
    /// What happened meanwhile.
    pub faults: Vec<Happened>,
    /// What was looked at afterwards.
    pub checks: Vec<Check>,
    /// What is wrong, and when it was noticed.
    pub found: Vec<(Duration, String)>,
}

impl Report {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            worked: Duration::ZERO,
            writes: Writes::default(),
            faults: Vec::new(),
            checks: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Whether anything is wrong.
    pub fn is_bad(&self) -> bool {
        !self.found.is_empty()
    }

    /// What could not be tried here.
    pub fn skipped(&self) -> impl Iterator<Item = &Happened> {
        let is_skipped = |fault: &&Happened| matches!(fault.outcome, Outcome::Skipped(_));
        self.faults.iter().filter(is_skipped)
    }

    /// How often each process was hurt in which way.
    fn by_victim(&self) -> BTreeMap<(Victim, &'static str), usize> {
        let mut counts = BTreeMap::new();
        for happened in &self.faults {
            if matches!(happened.outcome, Outcome::Skipped(_)) {
                continue;
            }
            let (victim, kind) = match happened.fault {
                Fault::Kill(victim, _) => (victim, "killed"),
                Fault::Pause(victim, _) => (victim, "paused"),
                Fault::Cut(service, ..) => (Victim::Service(service), "cut off"),
                Fault::Hush(service, ..) => (Victim::Service(service), "in silence"),
                Fault::Wipe => (Victim::Nats, "wiped"),
                Fault::Full(_) => match happened.whose {
                    Some(service) => (Victim::Service(service), "disk full"),
                    None => continue,
                },
            };
            *counts.entry((victim, kind)).or_default() += 1;
        }
        counts
    }

    /// The table.
    ///
    /// # Errors
    /// None: text is written to memory.
    pub fn table(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        let worked = self.worked.as_secs();
        writeln!(text, "\nseed {}, clients at work for {worked} s", self.seed)?;
        writeln!(text, "\nacknowledged")?;
        for (what, count) in self.writes.counts {
            writeln!(text, "  {what:<20}{count:>7}")?;
        }
        writeln!(text, "  {:<20}{:>7}", "(sent again)", self.writes.retries)?;
        writeln!(text, "\nhurt")?;
        let counts = self.by_victim();
        for victim in Victim::all() {
            let of = counts.iter().filter(|((whose, _), _)| *whose == victim);
            let ways: Vec<String> = of
                .map(|((_, kind), count)| format!("{kind} {count}"))
                .collect();
            writeln!(text, "  {:<20}{}", victim.to_string(), ways.join(", "))?;
        }
        for skipped in self.skipped() {
            writeln!(text, "  SKIPPED, not passed: {}", skipped.fault)?;
        }
        writeln!(text, "\nafterwards")?;
        for Check { name, outcome } in &self.checks {
            match outcome {
                Ok(how) if how.is_empty() => writeln!(text, "  ✓ {name}")?,
                Ok(how) => writeln!(text, "  ✓ {name}: {how}")?,
                Err(error) => writeln!(text, "  ✗ {name}: {error:#}")?,
            }
        }
        for (at, what) in &self.found {
            writeln!(text, "  WRONG after {} s: {what}", at.as_secs())?;
        }
        Ok(text)
    }
}
