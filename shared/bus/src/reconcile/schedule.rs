//! When comparisons are made: at start, soon after a loss was noticed, once more after something was
//! missing, again and again after a failure, and every so many minutes.

use std::{sync::Arc, time::Duration};

use rand::random_range;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    Parts,
    report::{Outcome, Reason},
    run,
    watch::Watch,
};
use crate::{backoff::Backoff, consumer::Consumer};

/// How often stream and durable are looked at.
const LOOK: Duration = Duration::from_secs(3);

/// Within this time after a start or a loss, so that not all begin at once.
const SOON: Duration = Duration::from_secs(2);

/// When it is seen whether what was missing has arrived.
const FOLLOW_UP: Duration = Duration::from_secs(30);

/// How often the schedule compares row by row, too: that reads every ticket. The first time is soon
/// after a start, since a release may keep what an older one did not.
const AUDIT: Duration = Duration::from_hours(6);

/// Compares until told to stop.
pub(crate) async fn run<C: Consumer>(parts: Arc<Parts<C>>, stop: CancellationToken) {
    if parts.consumer.keeps().is_empty() {
        return;
    }
    stop.run_until_cancelled(forever(&parts)).await;
}

async fn forever<C: Consumer>(parts: &Parts<C>) {
    let mut plan = Plan::new(parts.every());
    let mut watch = Watch::default();
    let mut audited: Option<Instant> = None;
    loop {
        let reason = await_reason(parts, &mut watch, &plan).await;
        let is_due = audited.is_none_or(|at| at.elapsed() >= AUDIT);
        let audits = C::AUDITED && reason == Reason::Schedule && is_due;
        match run::run(parts, reason, audits).await {
            // None: another process is at it.
            Ok(report) => {
                if audits {
                    audited = Some(Instant::now());
                }
                plan.after(reason, report.map(|report| report.outcome()));
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(consumer = C::NAME, error, "not reconciled, tried again");
                plan.after(reason, Some(Outcome::Failed));
            }
        }
    }
}

/// Ends when the plan says so, or a moment after a loss was noticed.
async fn await_reason<C: Consumer>(parts: &Parts<C>, watch: &mut Watch, plan: &Plan) -> Reason {
    loop {
        if let Some(reason) = watch.look(&parts.bus, C::NAME).await {
            tokio::time::sleep(soon()).await;
            return reason;
        }
        let next_look = Instant::now() + LOOK;
        if plan.at <= next_look {
            sleep_until(plan.at).await;
            return plan.reason;
        }
        sleep_until(next_look).await;
    }
}

/// What comes next if nothing happens.
struct Plan {
    at: Instant,
    reason: Reason,
    every: Duration,
    failures: Backoff,
}

impl Plan {
    fn new(every: Duration) -> Self {
        Self {
            at: Instant::now() + soon(),
            reason: Reason::Start,
            every,
            failures: Backoff::new(Duration::from_secs(3), Duration::from_mins(2)),
        }
    }

    /// What a follow-up still finds missing waits for its turn: saying it again and again heals
    /// nothing.
    fn after(&mut self, reason: Reason, outcome: Option<Outcome>) {
        if outcome == Some(Outcome::Failed) {
            let wait = self.failures.step();
            return self.next(Reason::Retry, wait);
        }
        self.failures.reset();
        if outcome == Some(Outcome::Missing) && reason != Reason::FollowUp {
            self.next(Reason::FollowUp, FOLLOW_UP);
        } else {
            self.next(Reason::Schedule, self.every);
        }
    }

    /// Within a tenth of the time, either way.
    fn next(&mut self, reason: Reason, wait: Duration) {
        self.at = Instant::now() + wait.mul_f64(random_range(0.9..1.1));
        self.reason = reason;
    }
}

fn soon() -> Duration {
    SOON.mul_f64(random_range(0.0..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_next_follows_from_how_it_ended() {
        let every = Duration::from_mins(15);
        for (reason, outcome, next, wait) in [
            (Reason::Start, Some(Outcome::Whole), Reason::Schedule, 900),
            (Reason::Start, None, Reason::Schedule, 900),
            (
                Reason::MadeAnew,
                Some(Outcome::Missing),
                Reason::FollowUp,
                30,
            ),
            (
                Reason::FollowUp,
                Some(Outcome::Missing),
                Reason::Schedule,
                900,
            ),
            (Reason::Schedule, Some(Outcome::Failed), Reason::Retry, 3),
        ] {
            let mut plan = Plan::new(every);
            plan.after(reason, outcome);
            let in_seconds = plan.at.duration_since(Instant::now()).as_secs_f64();
            assert_eq!(plan.reason, next, "{reason:?} {outcome:?}");
            let near = f64::from(wait) * 0.89..f64::from(wait) * 1.1;
            assert!(near.contains(&in_seconds), "{in_seconds}, not about {wait}");
        }
    }
}
