//! `<service> dead-letters`: what its consumer could not take.

use std::io::{self, Write as _};

use anyhow::ensure;
use clap::{Args, Subcommand};
use desk_http::{Timestamp, server::Process};
use serde_json::{Value, json};

use super::Stored;
use crate::{
    consumer::Consumer,
    dead_letters::{self, DeadLetter},
    reconcile::Reconciler,
};

/// What to do with them. Each prints a JSON line a letter, without the event itself: it may name
/// people.
#[derive(Debug, Subcommand)]
pub enum Command<S: Args> {
    /// Print the newest.
    List(Box<List<S>>),
    /// Give them to the consumer once more; what it takes is gone, what fails again stays.
    Replay(Box<Chosen<S>>),
    /// Drop them. What they told counts as heard: the reconciler does not bring it again.
    Forget(Box<Chosen<S>>),
}

/// Which are printed.
#[derive(Debug, Args)]
pub struct List<S: Args> {
    /// The program's own settings.
    #[command(flatten)]
    settings: S,
    /// How many at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
}

/// Which are meant.
#[derive(Debug, Args)]
pub struct Chosen<S: Args> {
    /// The program's own settings.
    #[command(flatten)]
    settings: S,
    /// By the ids that `list` prints.
    #[arg(required_unless_present = "all")]
    ids: Vec<i64>,
    /// All, the oldest first.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

/// What became of a letter.
enum Outcome {
    Done(&'static str),
    Unknown,
    Failed(String),
}

impl Outcome {
    fn line(&self, id: i64) -> Value {
        match self {
            Self::Done(word) => json!({ "id": id, "outcome": word }),
            Self::Unknown => json!({ "id": id, "outcome": "unknown" }),
            Self::Failed(error) => json!({ "id": id, "outcome": "failed", "error": error }),
        }
    }
}

impl<S: Args> Command<S> {
    /// Does it.
    ///
    /// # Errors
    /// The database is out of reach; a letter is unknown or failed again.
    pub async fn run<P: Stored<Settings = S>>(self) -> anyhow::Result<()> {
        match self {
            Self::List(list) => {
                let program = open::<P>(&list.settings).await?;
                print(&program.reconciler()?, list.limit).await
            }
            Self::Replay(chosen) => {
                let program = open::<P>(&chosen.settings).await?;
                each(&program.reconciler()?, &chosen, true).await
            }
            Self::Forget(chosen) => {
                let program = open::<P>(&chosen.settings).await?;
                each(&program.reconciler()?, &chosen, false).await
            }
        }
    }
}

async fn open<P: Stored>(settings: &P::Settings) -> anyhow::Result<P> {
    let process = Process::command(P::IDENTITY, P::server(settings))?;
    P::open(settings, &process).await
}

async fn print<C: Consumer>(kept: &Reconciler<C>, limit: i64) -> anyhow::Result<()> {
    let mut conn = kept.pool().acquire().await?;
    let letters = dead_letters::list(&mut conn, Some(C::NAME), limit).await?;
    let mut out = io::stdout().lock();
    for letter in &letters {
        writeln!(out, "{}", line(letter))?;
    }
    Ok(())
}

fn line(letter: &DeadLetter) -> Value {
    json!({
        "id": letter.id,
        "consumer": letter.consumer,
        "subject": letter.subject,
        "event_id": letter.event_id,
        "aggregate_kind": letter.aggregate_kind,
        "aggregate_id": letter.aggregate_id,
        "sequence": letter.sequence,
        "error": letter.error,
        "tries": letter.tries,
        "failed_at": Timestamp(letter.failed_at),
    })
}

/// One that fails keeps nobody from the others.
async fn each<C: Consumer, S: Args>(
    kept: &Reconciler<C>,
    chosen: &Chosen<S>,
    replay: bool,
) -> anyhow::Result<()> {
    let all = {
        let mut conn = kept.pool().acquire().await?;
        dead_letters::ids(&mut conn, C::NAME).await?
    };
    let ids = if chosen.all { &all } else { &chosen.ids };
    let mut undone = 0;
    for &id in ids {
        let outcome = if all.contains(&id) {
            settle(kept, id, replay).await?
        } else {
            Outcome::Unknown
        };
        undone += u32::from(!matches!(outcome, Outcome::Done(_)));
        writeln!(io::stdout(), "{}", outcome.line(id))?;
    }
    ensure!(
        undone == 0,
        "{undone} of {} letters are as before",
        ids.len()
    );
    Ok(())
}

async fn settle<C: Consumer>(
    kept: &Reconciler<C>,
    id: i64,
    replay: bool,
) -> anyhow::Result<Outcome> {
    if !replay {
        let mut conn = kept.pool().acquire().await?;
        let forgotten = dead_letters::forget(&mut conn, id).await?;
        return Ok(if forgotten {
            Outcome::Done("forgotten")
        } else {
            Outcome::Unknown
        });
    }
    Ok(match kept.replay(id).await {
        Ok(true) => Outcome::Done("replayed"),
        Ok(false) => Outcome::Unknown,
        Err(error) => Outcome::Failed(format!("{error:#}")),
    })
}
