//! `dead-mails`: mails that were given up, by the notifier's own command.

use clap::Subcommand;
use serde_json::Value;

use crate::{
    cli::Common,
    failure::{Failure, Kind, Result},
    output::{answer, field, table},
    owner,
};

/// Examples.
pub const EXAMPLES: &str = "\
Examples:
  supportdeskctl dead-mails list
  supportdeskctl dead-mails replay 12 13
  supportdeskctl dead-mails replay --all

Mails about accounts are not sent again: their link is erased, their owner asks for another.
Exit code 4: some of the ids named are no such mails.";

const NOTIFIER: &str = "notifier";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The newest, without what they told.
    List {
        /// How many at most.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Have them sent again, as if they had never been tried.
    Replay {
        /// By the ids that `list` prints.
        #[arg(required_unless_present = "all")]
        ids: Vec<u64>,
        /// All of them.
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// The notifier's program or database is out of reach; mails that are not there.
    pub async fn run(&self, common: &Common) -> Result {
        match self {
            Self::List { limit } => {
                let limit = limit.to_string();
                let words = ["dead-mails", "list", "--limit", &limit];
                let said = owner::run(common, NOTIFIER, &words, None, None).await?;
                if !said.well {
                    return Err(said.failure(NOTIFIER));
                }
                let columns = [
                    "id",
                    "kind",
                    "ticket_number",
                    "attempts",
                    "given_up_at",
                    "error",
                ];
                let rows = Value::from(said.lines.clone());
                answer(common.json, &rows, |_| table(&said.lines, &columns))
            }
            Self::Replay { ids, all } => {
                let named: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let mut words = vec!["dead-mails", "replay"];
                if *all {
                    words.push("--all");
                }
                words.extend(named.iter().map(String::as_str));
                let said = owner::run(common, NOTIFIER, &words, None, None).await?;
                let queued = said.only(NOTIFIER)?;
                answer(common.json, &queued, |queued| {
                    vec![format!("{} mails queued", field(queued, "queued"))]
                })?;
                let missing =
                    (ids.len() as u64).saturating_sub(queued["queued"].as_u64().unwrap_or(0));
                if *all || missing == 0 {
                    return Ok(());
                }
                let words = format!("{missing} of these are no mails that can be sent again");
                Err(Failure::new(Kind::NotFound, words))
            }
        }
    }
}
