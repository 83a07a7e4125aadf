//! `dead-letters`: events that a consumer could not take, by the consumers' own commands.

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use serde_json::Value;

use crate::{
    cli::Common,
    failure::{Failure, Kind, Result},
    output::{answer, table},
    owner::{self, Said, consumers},
};

/// Examples.
pub const EXAMPLES: &str = "\
Examples:
  supportdeskctl dead-letters list
  supportdeskctl dead-letters list --service reporting --limit 20 --json
  supportdeskctl dead-letters replay --service reporting 17 18
  supportdeskctl dead-letters replay --service notifier --all
  supportdeskctl dead-letters forget --service auth 5     # given up: the reconciler does not bring it again

Exit code 4: no such letter; 5: one failed again and stays.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The newest, without the events themselves.
    List {
        /// Of this consumer; may be there several times; of all unless given.
        #[arg(long = "service", value_parser = PossibleValuesParser::new(consumers()))]
        services: Vec<String>,
        /// How many at most of each.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Give them to the consumer once more.
    Replay(Chosen),
    /// Drop them for good.
    Forget(Chosen),
}

/// Which.
#[derive(Debug, Args)]
pub struct Chosen {
    /// Whose.
    #[arg(long, value_parser = PossibleValuesParser::new(consumers()))]
    service: String,
    /// By the ids that `list` prints.
    #[arg(required_unless_present = "all")]
    ids: Vec<u64>,
    /// All of them.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// A consumer's program or database is out of reach; letters that are not there or failed
    /// again.
    pub async fn run(&self, common: &Common) -> Result {
        match self {
            Self::List { services, limit } => list(common, services, *limit).await,
            Self::Replay(chosen) => each(common, "replay", chosen).await,
            Self::Forget(chosen) => each(common, "forget", chosen).await,
        }
    }
}

/// A consumer that is out of reach keeps nobody from seeing the others' letters.
async fn list(common: &Common, services: &[String], limit: u32) -> Result {
    let named = services.iter().map(String::as_str);
    let wanted: Vec<&str> = if services.is_empty() {
        consumers()
    } else {
        named.collect()
    };
    let limit = limit.to_string();
    let (mut rows, mut failure) = (Vec::new(), None);
    for service in wanted {
        let words = ["dead-letters", "list", "--limit", &limit];
        match owner::run(common, service, &words, None, None).await {
            Ok(said) if said.well => rows.extend(said.lines),
            Ok(said) => failure = failure.or(Some(said.failure(service))),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    let columns = [
        "consumer",
        "id",
        "subject",
        "aggregate_id",
        "tries",
        "failed_at",
        "error",
    ];
    answer(common.json, &Value::from(rows.clone()), |_| {
        table(&rows, &columns)
    })?;
    failure.map_or(Ok(()), Err)
}

async fn each(common: &Common, verb: &str, chosen: &Chosen) -> Result {
    let service = chosen.service.as_str();
    let ids: Vec<String> = chosen.ids.iter().map(ToString::to_string).collect();
    let mut words = vec!["dead-letters", verb];
    if chosen.all {
        words.push("--all");
    }
    words.extend(ids.iter().map(String::as_str));
    let said = owner::run(common, service, &words, None, None).await?;
    if said.lines.is_empty() && !said.well {
        return Err(said.failure(service));
    }
    let columns = ["id", "outcome", "error"];
    let rows = Value::from(said.lines.clone());
    answer(common.json, &rows, |_| table(&said.lines, &columns))?;
    verdict(&said, service)
}

fn verdict(said: &Said, service: &str) -> Result {
    let outcome = |word: &str| {
        said.lines
            .iter()
            .filter(|row| row["outcome"] == word)
            .count()
    };
    match (outcome("failed"), outcome("unknown")) {
        (0, 0) if said.well => Ok(()),
        (0, 0) => Err(said.failure(service)),
        (0, unknown) => {
            let words = format!("{service} has {unknown} of these letters no more");
            Err(Failure::new(Kind::NotFound, words))
        }
        (failed, _) => {
            let words = format!("{failed} failed again and stay");
            Err(Failure::new(Kind::Differs, words))
        }
    }
}
