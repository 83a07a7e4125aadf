//! Tickets that arrive at a steady rate, whatever else happens.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    desk::Desk,
    latency::{Latencies, micros},
    load::{Call, Client},
    requests::{self, Creates},
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
    /// When the answer to it was, where it is answered.
    pub answered: Option<Instant>,
    /// Its project.
    pub project_id: i64,
    /// Its id.
    pub id: i64,
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
    /// Whose token answers each ticket at once.
    staff: Option<String>,
}

impl Arrivals {
    /// Begins.
    ///
    /// # Errors
    /// When the gateway does not listen.
    pub async fn start(desk: &Desk) -> Result<Self> {
        Self::begin(desk, None).await
    }

    /// Begins with tickets that staff answers as soon as they are filed.
    ///
    /// # Errors
    /// When the gateway does not listen.
    pub async fn answered(desk: &Desk) -> Result<Self> {
        Self::begin(desk, Some(desk.token.clone())).await
    }

    async fn begin(desk: &Desk, staff: Option<String>) -> Result<Self> {
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
                staff: staff.clone(),
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
            match self.file(turn, due).await {
                Ok(arrival) => arrived.tickets.push(arrival),
                Err(_) => arrived.errors += 1,
            }
        }
        arrived
    }

    async fn file(&mut self, turn: u64, due: Instant) -> Result<Arrival> {
        let connection = usize::try_from(self.place)?;
        let call = self.creates.call(connection, turn)?;
        let filed = self.client.send(call, Creates::CREATED).await?;
        let (took, acknowledged) = (micros(due.elapsed()), Instant::now());
        let filed: Value = serde_json::from_slice(&filed)?;
        let id = filed["ticket_id"]
            .as_i64()
            .context("a ticket without an id")?;
        Ok(Arrival {
            took,
            acknowledged,
            answered: self.answer(id).await?,
            project_id: self.projects[self.creates.key_of(connection, turn)?],
            id,
        })
    }

    async fn answer(&mut self, id: i64) -> Result<Option<Instant>> {
        let Some(token) = &self.staff else {
            return Ok(None);
        };
        let call = reply(id, token)?;
        self.client.send(call, StatusCode::CREATED).await?;
        Ok(Some(Instant::now()))
    }
}

/// A public reply of staff, which the customer is told of by mail.
///
/// # Errors
/// When the token is none.
pub fn reply(ticket: i64, token: &str) -> Result<Call> {
    let path = format!("/api/tickets/{ticket}/messages");
    let body = json!({"body": "Thank you, we look into it. Which browser do you use?"});
    requests::write(Method::POST, &path, token, &body)
}
