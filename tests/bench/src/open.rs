//! The open-loop load generator: requests are due at times of their own, whether or not the
//! answers keep up, and each is timed from when it was due. A server that stalls makes all wait
//! that were due meanwhile, as people would, and the figures say so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    latency::micros,
    load::{Client, Outcome, Source, Tally, Target, sum_up},
    scale::Scale,
};

/// What is not yet sent this long after the end has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// When each request is due, from the start on.
#[derive(Debug, Clone)]
pub struct Schedule {
    due: Arc<[Duration]>,
    patience: Duration,
}

impl Schedule {
    /// Requests that come independently of each other, so many a second: a Poisson process, as
    /// `pgbench --rate` draws it, too. The same seed draws the same.
    pub fn random(rate: f64, time: Duration, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut at = 0.0;
        let gaps = std::iter::from_fn(|| {
            let chance: f64 = random.random();
            at -= (1.0 - chance).ln() / rate;
            Some(Duration::from_secs_f64(at))
        });
        Self {
            due: gaps.take_while(|due| *due < time).collect(),
            patience: PATIENCE,
        }
    }

    /// The same, but what is not sent by the end has failed.
    pub fn without_patience(self) -> Self {
        Self {
            patience: Duration::ZERO,
            ..self
        }
    }

    /// Lets one more request go as each is due. The system wakes a sleeping thread within a
    /// tenth of a millisecond; the runtime's timers know whole ones.
    fn pace(&self, start: Instant, turns: &Semaphore) {
        for due in self.due.iter() {
            let wait = (start + *due).saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                thread::sleep(wait);
            }
            turns.add_permits(1);
        }
    }
}

/// What the connections have in common.
struct Shared {
    schedule: Schedule,
    turns: Semaphore,
    next: AtomicUsize,
    start: Instant,
    target: Target,
    /// The warm-up and the measured time.
    scale: Scale,
    source: Arc<dyn Source>,
}

/// Loads the target by the schedule over so many connections: whichever is free takes what is
/// due. Only what was due after the warm-up is timed.
///
/// # Errors
/// When a connection cannot be made at the start.
pub async fn run(
    target: Target,
    connections: usize,
    schedule: Schedule,
    scale: &Scale,
    source: Arc<dyn Source>,
) -> Result<Outcome> {
    let clients = Client::connect_all(target.address, connections).await?;
    let shared = Arc::new(Shared {
        schedule,
        turns: Semaphore::new(0),
        next: AtomicUsize::new(0),
        start: Instant::now(),
        target,
        scale: *scale,
        source,
    });
    let mut running = JoinSet::new();
    for (number, client) in clients.into_iter().enumerate() {
        running.spawn(Arc::clone(&shared).keep_to_it(number, client));
    }
    let pacer = Arc::clone(&shared);
    tokio::task::spawn_blocking(move || {
        pacer.schedule.pace(pacer.start, &pacer.turns);
        // A turn for each connection to see that nothing is left.
        pacer.turns.add_permits(connections);
    })
    .await
    .context("the pace is lost")?;
    Ok(sum_up(running.join_all().await, scale.measure))
}

impl Shared {
    async fn keep_to_it(self: Arc<Self>, connection: usize, mut client: Client) -> Tally {
        let mut tally = Tally::default();
        let end = self.start + self.scale.whole() + self.schedule.patience;
        while let Ok(turn) = self.turns.acquire().await {
            turn.forget();
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(due) = self.schedule.due.get(place) else {
                break;
            };
            let answered = if Instant::now() > end {
                Err(anyhow::anyhow!("was due long ago"))
            } else {
                self.send(connection, place, &mut client).await
            };
            let took = (self.start + *due).elapsed();
            let timed = *due >= self.scale.warm;
            tally.add(answered, timed.then(|| micros(took)));
        }
        tally
    }

    async fn send(&self, connection: usize, place: usize, client: &mut Client) -> Result<()> {
        let call = self.source.call(connection, u64::try_from(place)?)?;
        client.send(call, self.target.expect).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use http_body_util::Full;
    use hyper::{Request, StatusCode};
    use tokio::sync::Mutex;

    use super::*;

    #[test]
    fn a_schedule_keeps_its_rate_and_is_drawn_alike() {
        let time = Duration::from_secs(100);
        let schedule = Schedule::random(200.0, time, 1);
        // Three times the deviation of twenty thousand.
        assert!((19_500..20_500).contains(&schedule.due.len()));
        assert!(schedule.due.is_sorted());
        assert!(schedule.due.last().unwrap() < &time);
        assert_eq!(Schedule::random(200.0, time, 1).due, schedule.due);
        assert_ne!(Schedule::random(200.0, time, 2).due, schedule.due);
        // Independent: about a third of the gaps are longer than the mean.
        let mean = Duration::from_millis(5);
        let gaps = schedule
            .due
            .windows(2)
            .filter(|pair| pair[1] > pair[0] + mean);
        assert!((6_900..7_900).contains(&gaps.count()));
    }

    /// A closed loop would have one slow answer, and send nothing meanwhile.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_stall_counts_for_all_that_were_due_meanwhile() {
        const STALL: Duration = Duration::from_millis(400);
        let stalled = Arc::new(Mutex::new(false));
        let answer = move || {
            let stalled = Arc::clone(&stalled);
            async move {
                let mut stalled = stalled.lock().await;
                if !std::mem::replace(&mut *stalled, true) {
                    tokio::time::sleep(STALL).await;
                }
            }
        };
        let app = Router::new().route("/", get(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target {
            address: listener.local_addr().unwrap(),
            expect: StatusCode::OK,
        };
        tokio::spawn(axum::serve(listener, app).into_future());
        let scale = Scale {
            warm: Duration::ZERO,
            measure: Duration::from_millis(800),
            tickets: &[],
        };
        let schedule = Schedule::random(200.0, scale.measure, 3);
        let due = schedule.due.len();
        let call = |_, _| {
            Ok(Request::get("/")
                .header("host", "x")
                .body(Full::default())?)
        };
        let outcome = run(target, 2, schedule, &scale, Arc::new(call)).await;
        let outcome = outcome.unwrap();
        assert_eq!((outcome.errors, outcome.latencies.count()), (0, due));
        // Of about 160, the 40 that were due in the first half of the stall waited half of it.
        assert!(outcome.latencies.per_mille(850) >= 200.0);
    }
}
