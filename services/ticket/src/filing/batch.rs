//! Creates that arrive together share a statement and a commit.
//!
//! There is no task of its own: whoever comes while the turn is free takes it and files all
//! that wait, 32 at most; whoever comes while it is not waits for the turn or for somebody who
//! files theirs. So nobody waits for company, and the busier it is the larger the batches are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use desk_bus::failpoint;
use desk_http::{Error, Result};
use tokio::sync::{Semaphore, oneshot};

use crate::{
    App,
    store::create::{self, Filed, NewTicket},
};

/// Tickets in a statement, at most.
const LARGEST: usize = 32;

/// Statements at a time. With two the batches are half as large and their counter rows contended:
/// a fifth fewer tickets a second at 32 connections, a quarter fewer at 8.
const TURNS: usize = 1;

/// The tickets that wait, one for each running request at most.
#[derive(Clone)]
pub struct Batches(Arc<Inner>);

struct Inner {
    waiting: Mutex<Vec<Waiting>>,
    turns: Semaphore,
}

struct Waiting {
    ticket: NewTicket,
    outcome: oneshot::Sender<Result<Option<Filed>>>,
}

impl Default for Batches {
    fn default() -> Self {
        Self(Arc::new(Inner {
            waiting: Mutex::default(),
            turns: Semaphore::new(TURNS),
        }))
    }
}

impl Batches {
    /// Files the ticket and commits; none when the statement left it out or failed.
    ///
    /// # Errors
    /// 503 when the database is out of reach.
    pub async fn file(&self, app: &App, ticket: NewTicket) -> Result<Option<Filed>> {
        let (outcome, mut filed) = oneshot::channel();
        self.waiting().push(Waiting { ticket, outcome });
        loop {
            let turn = tokio::select! {
                biased;
                // Dropped with a request that was filing it: it is unknown how far that came.
                filed = &mut filed => return filed.map_err(|_| Error::DOWN)?,
                turn = self.0.turns.acquire() => turn,
            };
            let batch = take(&mut self.waiting());
            if !batch.is_empty() {
                run(app, batch).await;
            }
            drop(turn);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        let waiting = self.0.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the oldest; of those with the same idempotency key one at a time.
fn take(waiting: &mut Vec<Waiting>) -> Vec<Waiting> {
    let mut batch: Vec<Waiting> = Vec::new();
    let mut rest = Vec::new();
    for one in waiting.drain(..) {
        let is_taken = |other: &Waiting| same_key(&other.ticket, &one.ticket);
        if batch.len() < LARGEST && !batch.iter().any(is_taken) {
            batch.push(one);
        } else {
            rest.push(one);
        }
    }
    *waiting = rest;
    batch
}

fn same_key(a: &NewTicket, b: &NewTicket) -> bool {
    match (&a.keyed, &b.keyed) {
        (Some(a), Some(b)) => a.call.is_same_key(&b.call),
        _ => false,
    }
}

/// Files a batch and tells everybody.
async fn run(app: &App, batch: Vec<Waiting>) {
    let (tickets, outcomes): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .map(|waiting| (waiting.ticket, waiting.outcome))
        .unzip();
    let filed = file(app, &tickets).await;
    for (place, outcome) in (1..).zip(outcomes) {
        let told = match &filed {
            Ok(filed) => Ok(filed.iter().find(|filed| filed.place == place).cloned()),
            Err(Error::Unavailable(seconds)) => Err(Error::Unavailable(*seconds)),
            // One ticket that cannot be stored must not cost the others theirs.
            Err(_) => Ok(None),
        };
        // Nobody listens any more when the request was given up.
        let _ = outcome.send(told);
    }
}

async fn file(app: &App, tickets: &[NewTicket]) -> Result<Vec<Filed>> {
    let mut conn = app.db.acquire().await?;
    failpoint::pass("ticket", "call-commit").await;
    let filed = create::create(&mut conn, tickets).await?;
    failpoint::pass("ticket", "call-committed").await;
    app.bus.wake();
    Ok(filed)
}
