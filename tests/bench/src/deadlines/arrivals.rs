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

/// Tickets on their way.
pub struct Arrivals {
    stop: watch::Sender<bool>,
    running: JoinSet<(Vec<u32>, u64)>,
}

impl Arrivals {
    /// Begins.
    ///
    /// # Errors
    /// When the gateway does not listen.
    pub async fn start(desk: &Desk) -> Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let creates = Creates {
            keys: desk.keys.values().cloned().collect(),
            point: Point::new(usize::try_from(CONNECTIONS)?),
            run: u64::from(std::process::id()),
        };
        let mut running = JoinSet::new();
        for place in 0..CONNECTIONS {
            let (creates, stopped) = (creates.clone(), stopped.clone());
            let client = Client::connect(desk.address()?).await?;
            running.spawn(arrive(client, creates, place, stopped));
        }
        Ok(Self { stop, running })
    }

    /// Ends; answers what the creates took, and how many failed.
    pub async fn stop(self) -> (Latencies, u64) {
        self.stop.send_replace(true);
        let (mut times, mut errors) = (Vec::new(), 0);
        for (some, failed) in self.running.join_all().await {
            times.extend(some);
            errors += failed;
        }
        (Latencies::new(times), errors)
    }
}

async fn arrive(
    mut client: Client,
    creates: Creates,
    place: u32,
    stopped: watch::Receiver<bool>,
) -> (Vec<u32>, u64) {
    let first = Instant::now() + Duration::from_secs(1) * place / RATE;
    let mut turns = interval_at(first, Duration::from_secs(1) * CONNECTIONS / RATE);
    turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut times, mut errors) = (Vec::new(), 0);
    let connection = usize::try_from(place).unwrap_or_default();
    for turn in 0.. {
        let due = turns.tick().await;
        if *stopped.borrow() {
            break;
        }
        let answered = match creates.call(connection, turn) {
            Ok(call) => client.send(call, Creates::CREATED).await,
            Err(error) => Err(error),
        };
        // From when it should have been sent: a slow answer delays those behind it.
        match answered {
            Ok(_) => times.push(micros(due.elapsed())),
            Err(_) => errors += 1,
        }
    }
    (times, errors)
}
