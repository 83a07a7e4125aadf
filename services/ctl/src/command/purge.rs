//! `purge`: by ticket's own command.

use clap::Args;

use crate::{
    cli::Common,
    failure::Result,
    output::{answer, field},
    owner,
};

/// Examples.
pub const EXAMPLES: &str = "\
Examples:
  supportdeskctl purge --dry-run
  supportdeskctl purge --json

Tickets count that were deleted SUPPORTDESK_PURGE_AFTER_DAYS (30) days ago; ticket does this by itself
every SUPPORTDESK_PURGE_EVERY_DAYS (30).";

/// How.
#[derive(Debug, Args)]
pub struct Purge {
    /// Only tell what would be removed.
    #[arg(long)]
    dry_run: bool,
}

impl Purge {
    /// Does it.
    ///
    /// # Errors
    /// What ticket says.
    pub async fn run(&self, common: &Common) -> Result {
        let words: &[&str] = if self.dry_run {
            &["purge", "--dry-run"]
        } else {
            &["purge"]
        };
        let said = owner::run(common, "ticket", words, None, None).await?;
        let mut purged = said.only("ticket")?;
        purged["dry_run"] = self.dry_run.into();
        answer(common.json, &purged, |purged| {
            let verb = if self.dry_run { "would go" } else { "are gone" };
            vec![format!(
                "{} tickets and {} files {verb}",
                field(purged, "tickets"),
                field(purged, "files")
            )]
        })
    }
}
