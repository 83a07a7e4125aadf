//! Mails that were given up, for operators: `notifier dead-mails list` and `… replay`.

use std::io::{self, Write as _};

use desk_http::{Clock, Timestamp, database::DatabaseSettings};
use serde_json::json;
use sqlx::PgPool;

use crate::{
    MIGRATORS,
    store::{dead_mails, dead_mails::DeadMail},
};

/// What to do with them.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the newest, a JSON line each.
    List {
        /// Where they are.
        #[command(flatten)]
        database: DatabaseSettings,
        /// How many at most.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
        limit: i64,
    },
    /// Have mails sent again, as if they had never been tried. An account's mail is not among them:
    /// its link is erased, its owner asks for another.
    Replay {
        /// Where they are.
        #[command(flatten)]
        database: DatabaseSettings,
        /// Which, by the ids that `list` prints.
        #[arg(required_unless_present = "all")]
        ids: Vec<i64>,
        /// All of them.
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// The database is out of reach.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List { database, limit } => {
                let db = database.open(1, &MIGRATORS).await?;
                print(&dead_mails::list(&db, limit).await?)
            }
            Self::Replay { database, ids, all } => {
                let db = database.open(1, &MIGRATORS).await?;
                let ids = (!all).then_some(ids);
                let queued = replay(&db, ids.as_deref(), &Clock::system()).await?;
                writeln!(io::stdout(), "{}", json!({ "queued": queued }))?;
                Ok(())
            }
        }
    }
}

/// Queues mails anew that were given up: those named, or all. Answers how many.
///
/// # Errors
/// The database's.
pub async fn replay(db: &PgPool, ids: Option<&[i64]>, clock: &Clock) -> sqlx::Result<u64> {
    dead_mails::replay(db, ids, clock.now()).await
}

fn print(letters: &[DeadMail]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for letter in letters {
        let line = json!({
            "id": letter.id,
            "kind": letter.kind,
            "ticket_number": letter.ticket_number,
            "user_id": letter.user_id,
            "attempts": letter.attempts,
            "error": letter.error,
            "given_up_at": letter.ended_at.map(Timestamp),
            "replayable": letter.replayable,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
