//! What a consumer applies of a backlog: it is away while tickets live, and is timed from its
//! start until the bus has nothing left for it. One at a time, with nothing else to do.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use xtask::service::Service;

use super::{lives, stage::Stage};
use crate::load::rate;

/// A backlog that was applied.
#[derive(Debug, Clone, Copy)]
pub struct Backlog {
    /// By whom.
    pub service: Service,
    /// How many events.
    pub events: u64,
    /// From the start of its process on.
    pub took: Duration,
}

impl Backlog {
    /// Events a second.
    pub fn rate(&self) -> f64 {
        rate(
            usize::try_from(self.events).unwrap_or(usize::MAX),
            self.took,
        )
    }
}

/// Measures these, one after the other, with the same lives before them.
///
/// # Errors
/// When a write is refused, a consumer does not get to the end, or keeps what is not so.
pub async fn run<const N: usize>(
    stage: &mut Stage,
    readers: [Service; N],
    tickets: usize,
) -> Result<Vec<Backlog>> {
    xtask::say::line(format_args!("{tickets} tickets live …"));
    stage.at_rest().await?;
    // The mails of it all would be written beside what is measured.
    stage.kill(Service::Notifier).await;
    for service in readers {
        stage.taken(service).await?;
        stage.kill(service).await;
    }
    lives::write(stage, tickets).await?;
    let mut backlogs = Vec::with_capacity(N);
    for service in readers {
        stage.at_rest().await?;
        xtask::say::line(format_args!("{service} …"));
        let waiting = stage.waiting(service).await?;
        ensure!(waiting.unacknowledged == 0, "{waiting:?} of {service}");
        let since = Instant::now();
        stage.restart(service).await?;
        stage.taken(service).await?;
        backlogs.push(Backlog {
            service,
            events: waiting.pending,
            took: since.elapsed(),
        });
    }
    for service in readers {
        if service == Service::Reporting {
            stage.verify(service).await?;
        }
    }
    Ok(backlogs)
}
