//! What is measured on a desk of its own, and can be measured by itself.

use anyhow::Result;
use clap::Subcommand;

use crate::{basics, deadlines, fairness, lists, mails, report::Found, reports};

/// A part of the bench.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Part {
    /// Reads, creates, the gateway's hop, JetStream, memory, starts.
    Basics,
    /// How fast a reply becomes a mail.
    Mails,
    /// What others notice of a busy key and of a mail server that hangs.
    Fairness,
    /// Lists, searches and details at a thousand, a hundred thousand and a million tickets.
    Lists,
    /// How late a missed deadline shows, with a million that run.
    Sla,
    /// How fast events become figures, reports are rebuilt and answered.
    Reports {
        /// Tickets that the reports are over; 100,000 unless `--quick`.
        #[arg(long)]
        tickets: Option<u64>,
    },
}

impl Part {
    /// What runs when none is named: the others take their time.
    pub const USUAL: [Self; 3] = [Self::Basics, Self::Mails, Self::Fairness];

    /// In the file of results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basics => "basics",
            Self::Mails => "mails",
            Self::Fairness => "fairness",
            Self::Lists => "lists",
            Self::Sla => "sla",
            Self::Reports { .. } => "reports",
        }
    }

    /// Measures it and prints its tables.
    ///
    /// # Errors
    /// When the desk cannot be started or answers badly; a missed goal is none.
    pub async fn run(self, quick: bool) -> Result<Found> {
        match self {
            Self::Basics => basics::run(quick).await,
            Self::Mails => mails::run(quick).await,
            Self::Fairness => fairness::run(quick).await,
            Self::Lists => lists::run(quick).await,
            Self::Sla => deadlines::run(quick).await,
            Self::Reports { tickets } => reports::run(quick, tickets).await,
        }
    }
}
