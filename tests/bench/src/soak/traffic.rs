//! The mixed load at a steady rate. What a request took counts from when it should have been sent,
//! so that a slow answer is not forgotten by those that waited behind it.

use std::time::Duration;

use anyhow::Result;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at},
};

use super::worker::{Crew, Worker};
use crate::{desk::Desk, latency::micros, load::Client};

/// An answer, good or not.
#[derive(Debug)]
pub struct Answered {
    /// Microseconds since it should have been asked for.
    pub took: u32,
    /// What was wrong with it.
    pub error: Option<String>,
}

/// Requests on their way.
pub struct Traffic {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
    /// The answers as they come.
    pub answers: mpsc::UnboundedReceiver<Answered>,
}

impl Traffic {
    /// Begins, with a connection a crew and so many requests a second in all.
    ///
    /// # Errors
    /// When the gateway does not listen.
    pub async fn start(desk: &Desk, crews: Vec<Crew>, rate: u32) -> Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let (sender, answers) = mpsc::unbounded_channel();
        let mut running = JoinSet::new();
        let connections = u32::try_from(crews.len())?;
        let pause = Duration::from_secs(1) * connections / rate.max(1);
        for (place, crew) in (0..connections).zip(crews) {
            let worker = Worker::new(crew, Client::connect(desk.address()?).await?);
            let first = Instant::now() + pause * place / connections;
            running.spawn(work(worker, first, pause, stopped.clone(), sender.clone()));
        }
        Ok(Self {
            stop,
            running,
            answers,
        })
    }

    /// Ends; answers that nobody took yet are still in [`Traffic::answers`].
    pub async fn stop(&mut self) {
        self.stop.send_replace(true);
        while self.running.join_next().await.is_some() {}
    }
}

async fn work(
    mut worker: Worker,
    first: Instant,
    pause: Duration,
    stopped: watch::Receiver<bool>,
    answers: mpsc::UnboundedSender<Answered>,
) {
    let mut turns = interval_at(first, pause);
    turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        let due = turns.tick().await;
        if *stopped.borrow() {
            break;
        }
        let outcome = worker.act().await;
        let answered = Answered {
            took: micros(due.elapsed()),
            error: outcome.err().map(|error| format!("{error:#}")),
        };
        if answers.send(answered).is_err() {
            break;
        }
    }
}
