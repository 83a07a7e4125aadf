//! Watching processes: what crashes is started again, later and later while it goes on crashing.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{daemon::Daemon, say};

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Who ran this long is forgiven.
const HEALTHY: Duration = Duration::from_mins(1);

/// The signals that ask this program to stop.
pub struct Interrupts {
    signals: [Signal; 3],
}

impl Interrupts {
    /// From now on they no longer end the program by themselves.
    pub fn listen() -> Result<Self> {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let [interrupt, terminate, hangup] = kinds.map(signal);
        Ok(Self {
            signals: [interrupt?, terminate?, hangup?],
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// When a process is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Backoff {
    wait: Duration,
    started: Instant,
    due: Option<Instant>,
}

impl Backoff {
    fn new(now: Instant) -> Self {
        Self {
            wait: FIRST_WAIT,
            started: now,
            due: None,
        }
    }

    /// It ended: how long until the next start.
    fn ended(&mut self, now: Instant) -> Duration {
        if now.duration_since(self.started) >= HEALTHY {
            self.wait = FIRST_WAIT;
        }
        let wait = self.wait;
        self.wait = (wait * 2).min(LONGEST_WAIT);
        self.due = Some(now + wait);
        wait
    }

    /// Whether it is to be started now; asked once.
    fn take_due(&mut self, now: Instant) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            self.due = None;
            self.started = now;
        }
        is_due
    }
}

/// Remembers who crashed how often.
#[derive(Debug, Default)]
pub struct Supervisor {
    backoffs: HashMap<String, Backoff>,
}

impl Supervisor {
    /// Looks at each process once: notes what ended, starts what is due.
    pub fn look<'a>(&mut self, daemons: impl Iterator<Item = &'a mut Daemon>) {
        let now = Instant::now();
        for daemon in daemons {
            let name = daemon.spec().name.clone();
            let backoff = self
                .backoffs
                .entry(name.clone())
                .or_insert_with(|| Backoff::new(now));
            if let Some(status) = daemon.ended() {
                let wait = say::duration(backoff.ended(now));
                say::note(format_args!(
                    "{name} ended ({status}); it starts again in {wait}"
                ));
            }
            if backoff.take_due(now)
                && let Err(error) = daemon.launch()
            {
                backoff.ended(now);
                say::error(&error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_health_is_forgiven() {
        let mut now = Instant::now();
        let mut backoff = Backoff::new(now);
        let mut waits = Vec::new();
        for _ in 0..8 {
            let wait = backoff.ended(now);
            assert!(!backoff.take_due(now));
            now += wait;
            assert!(backoff.take_due(now));
            assert!(!backoff.take_due(now));
            waits.push(wait.as_millis());
        }
        assert_eq!(
            waits,
            [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
        );
        assert_eq!(backoff.ended(now + HEALTHY), FIRST_WAIT);
    }
}
