//! `reports`: rebuilding the read models by the API, comparing them by their owners' commands.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    api::Api,
    cli::Common,
    failure::{Failure, Kind, Result},
    output::{answer, field, table},
    owner,
};

/// Examples.
pub const EXAMPLES: &str = "\
Examples:
  supportdeskctl reports rebuild            # while the old read models serve; may be interrupted
  supportdeskctl reports rebuild --no-wait --json
  supportdeskctl reports status
  supportdeskctl reports verify             # every figure and open deadline beside the tickets
  supportdeskctl reports verify --service reporting --repair

Exit code 5 of verify: something differs and was not healed.";

/// Between two looks at a rebuild.
const PAUSE: Duration = Duration::from_millis(300);

/// Those that keep something of tickets, row by row.
const KEEPERS: [&str; 2] = ["reporting", "sla-worker"];

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the read models anew from the tickets, and wait for it.
    Rebuild {
        /// Only start it.
        #[arg(long)]
        no_wait: bool,
    },
    /// How far a rebuild is, or how the last one ended.
    Status,
    /// Compare every row and figure with the tickets themselves.
    Verify(Verify),
}

/// How.
#[derive(Debug, Args)]
pub struct Verify {
    /// What this one keeps; of both unless given.
    #[arg(long = "service", value_parser = KEEPERS)]
    services: Vec<String>,
    /// Heal what differs.
    #[arg(long)]
    repair: bool,
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// What the desk says; a rebuild that failed; differences.
    pub async fn run(&self, common: &Common) -> Result {
        if let Self::Verify(verify) = self {
            return verify.run(common).await;
        }
        let api = Api::enter(common).await?;
        let ended = match self {
            Self::Rebuild { no_wait } => rebuild(common, &api, *no_wait).await,
            _ => status(common, &api).await,
        };
        api.leave().await;
        ended
    }
}

const REBUILD: &str = "/admin/reports/rebuild";

fn lines(progress: &Value) -> Vec<String> {
    let (state, done) = (field(progress, "state"), field(progress, "done"));
    let mut line = format!(
        "{state}: {done} of {} tickets read",
        field(progress, "total")
    );
    if !progress["error"].is_null() {
        line = format!("{line} ({})", field(progress, "error"));
    }
    vec![line]
}

async fn status(common: &Common, api: &Api) -> Result {
    answer(common.json, &api.get(REBUILD).await?, lines)
}

async fn rebuild(common: &Common, api: &Api, no_wait: bool) -> Result {
    let mut progress = api.post(REBUILD, &json!({})).await?;
    if !no_wait {
        let bar = owner::bar("rebuilding");
        while progress["state"] == "running" {
            tokio::time::sleep(PAUSE).await;
            progress = api.get(REBUILD).await?;
            let count = |name: &str| progress[name].as_u64().unwrap_or_default();
            bar.set_length(count("total").max(count("done")));
            bar.set_position(count("done"));
        }
        bar.finish_and_clear();
    }
    answer(common.json, &progress, lines)?;
    match progress["state"].as_str() {
        Some("done" | "running") => Ok(()),
        Some("interrupted") => {
            let words = "interrupted: started again, it goes on where it stopped";
            Err(Failure::new(Kind::Unreachable, words))
        }
        _ => Err(Failure::failed(
            "the rebuild failed; the old read models serve",
        )),
    }
}

impl Verify {
    /// What one finds keeps nobody from the other.
    async fn run(&self, common: &Common) -> Result {
        let wanted: Vec<&str> = if self.services.is_empty() {
            KEEPERS.to_vec()
        } else {
            self.services.iter().map(String::as_str).collect()
        };
        let mut words = vec!["verify", "--progress"];
        if self.repair {
            words.push("--repair");
        }
        let (mut rows, mut failure) = (Vec::new(), None);
        for service in wanted {
            let bar = owner::bar(service);
            let said = owner::run(common, service, &words, None, Some(&bar)).await;
            bar.finish_and_clear();
            match said {
                Ok(said) => {
                    if !said.well && said.lines.is_empty() {
                        failure = failure.or(Some(said.failure(service)));
                    }
                    rows.extend(said.lines.into_iter().map(|mut row| {
                        row["service"] = service.into();
                        row
                    }));
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let found = json!({ "differences": rows, "repaired": self.repair });
        answer(common.json, &found, |_| {
            let columns = ["service", "table", "key", "kept", "expected"];
            let head = format!("{} differences", rows.len());
            if rows.is_empty() {
                return vec![head];
            }
            [table(&rows, &columns), vec![head]].concat()
        })?;
        match failure {
            Some(failure) => Err(failure),
            None if rows.is_empty() || self.repair => Ok(()),
            None => Err(Failure::new(Kind::Differs, "--repair heals what differs")),
        }
    }
}
