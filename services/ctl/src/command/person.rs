//! `person`: what the desk has about somebody.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use serde_json::json;

use crate::{
    api::{Api, create_private},
    cli::Common,
    failure::{Failure, Result},
    output::answer,
};

/// Examples.
pub const EXAMPLES: &str = "\
Examples:
  supportdeskctl person export 42 --to person-42.json
  supportdeskctl person erase 42 --yes

Whether whoever asks is that person is for you to find out. Erasing cannot be undone.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything about the person, as JSON.
    Export {
        /// The account's id.
        user: i64,
        /// Write to this file, which only its owner reads, instead of the standard output.
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Take name, addresses, phone and words out of everything, for good.
    Erase {
        /// The account's id.
        user: i64,
        /// Yes, for good.
        #[arg(long)]
        yes: bool,
    },
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// What the desk says.
    pub async fn run(&self, common: &Common) -> Result {
        if let Self::Erase { yes: false, .. } = self {
            return Err(Failure::usage("erasing cannot be undone: say --yes"));
        }
        let api = Api::enter(common).await?;
        let ended = self.with(common, &api).await;
        api.leave().await;
        ended
    }

    async fn with(&self, common: &Common, api: &Api) -> Result {
        match self {
            Self::Export { user, to: None } => {
                let path = format!("/admin/users/{user}/export");
                api.download(&path, &mut io::stdout()).await
            }
            Self::Export {
                user,
                to: Some(path),
            } => {
                // Half an export is no export, and takes no whole one's place.
                let part = part_of(path);
                let source = format!("/admin/users/{user}/export");
                let written = match create_private(&part) {
                    Ok(mut file) => api.download(&source, &mut file).await,
                    Err(failure) => Err(failure),
                };
                if let Err(failure) = written {
                    drop(fs::remove_file(&part));
                    return Err(failure);
                }
                fs::rename(&part, path)?;
                answer(common.json, &json!({ "file": path }), |_| {
                    vec![format!("written to {}", path.display())]
                })
            }
            Self::Erase { user, .. } => {
                let path = format!("/admin/users/{user}/erase");
                api.post(&path, &json!({})).await?;
                answer(common.json, &json!({ "id": user, "erased": true }), |_| {
                    vec![format!("person {user} erased")]
                })
            }
        }
    }
}

fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}
