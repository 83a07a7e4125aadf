//! What a run found: verdicts on the goals, tables for people, a file for machines.

mod file;
mod tables;
mod verdicts;

use std::collections::BTreeMap;

use crate::{creates, reads};

pub use file::{save, write};
pub use tables::print;
pub use verdicts::{Verdict, verdicts};

/// Everything that was measured.
#[derive(Debug)]
pub struct Findings {
    /// When the run began, UTC.
    pub at: String,
    /// Short points.
    pub quick: bool,
    /// Seconds from the services' start until all were ready.
    pub ready: f64,
    /// Proportional memory by service before any load, in KiB.
    pub idle: BTreeMap<&'static str, u64>,
    /// The same after all loads.
    pub loaded: BTreeMap<&'static str, u64>,
    /// Details and lists.
    pub reads: Vec<reads::Row>,
    /// Creates.
    pub creates: creates::Series,
    /// Whether the server counts statements.
    pub counts_statements: bool,
}
