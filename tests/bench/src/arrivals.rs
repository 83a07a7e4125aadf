//! Tickets that arrive at a steady rate, whatever else happens.

use std::time::Duration;

use anyhow::Result;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    desk::Desk,
    latency::{Latencies, micros},
    load::Client,
    requests::Creates,
    scale::Point,
};

/// Tickets a second.
pub const RATE: u32 = 100;
/// Connections that take turns.
const CONNECTIONS: u32 = 8;

/// A ticket that was filed.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// Microseconds from when it should have been sent: a slow answer delays those behind it.
    pub took: u32,
    /// When that was acknowledged.
    pub acknowledged: Instant,
    /// Its project.
    pub project_id: i64,
}

/// What came.
#[derive(Debug, Default)]
pub struct Arrived {
    /// Tickets, in no order.
    pub tickets: Vec<Arrival>,
    /// Creates that failed.
    pub errors: u64,
}

impl Arrived {
    /// What the creates took.
    pub fn took(&self) -> Latencies {
        Latencies::new(self.tickets.iter().map(|arrival| arrival.took).collect())
    }
}

/// Tickets on their way.
pub struct Arrivals {
    stop: watch::Sender<bool>,
    running: JoinSet<Arrived>,
}

/// One connection's share.
struct Door {
    client: Client,
    creates: Creates,
    /// The projects whose keys the creates have, in the same order.
    projects: Vec<i64>,
    place: u32,
}

impl Arrivals {
    /// Begins.
    ///
    /// # Errors
    /// When the gateway does not listen.
    pub async fn start(desk: &Desk) -> Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let (projects, keys): (Vec<i64>, Vec<_>) = desk.keys.clone().into_iter().unzip();
        let creates = Creates {
            keys,
            point: Point::new(usize::try_from(CONNECTIONS)?),
            run: u64::from(std::process::id()),
        };
        let mut running = JoinSet::new();
        for place in 0..CONNECTIONS {
            let door = Door {
                client: Client::connect(desk.address()?).await?,
                creates: creates.clone(),
                projects: projects.clone(),
                place,
            };
            running.spawn(door.arrive(stopped.clone()));
        }
        Ok(Self { stop, running })
    }

    /// Ends; answers what came.
    pub async fn stop(self) -> Arrived {
        self.stop.send_replace(true);
        let mut all = Arrived::default();
        for some in self.running.join_all().await {
            all.tickets.extend(some.tickets);
            all.errors += some.errors;
        }
        all
    }
}

impl Door {
    async fn arrive(mut self, stopped: watch::Receiver<bool>) -> Arrived {
        let first = Instant::now() + Duration::from_secs(1) * self.place / RATE;
        let mut turns = interval_at(first, Duration::from_secs(1) * CONNECTIONS / RATE);
        turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut arrived = Arrived::default();
        for turn in 0.. {
            let due = turns.tick().await;
            if *stopped.borrow() {
                break;
            }
            match self.file(turn).await {
                Ok(project_id) => arrived.tickets.push(Arrival {
                    took: micros(due.elapsed()),
                    acknowledged: Instant::now(),
                    project_id,
                }),
                Err(_) => arrived.errors += 1,
            }
        }
        arrived
    }

    async fn file(&mut self, turn: u64) -> Result<i64> {
        let connection = usize::try_from(self.place)?;
        let call = self.creates.call(connection, turn)?;
        self.client.send(call, Creates::CREATED).await?;
        Ok(self.projects[self.creates.key_of(connection, turn)?])
    }
}
