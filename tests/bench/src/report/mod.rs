//! What a run found: verdicts on the goals, tables for people, a file for machines.

mod details;
mod latest;
mod plot;
mod tables;
mod verdict;
mod verdicts;

use std::collections::BTreeMap;

use crate::{creates, hop::Hop, reads, starts::Starts};

pub use details::details;
pub use latest::{Found, Latest, Run};
pub use tables::print;
pub use verdict::Verdict;
pub use verdicts::verdicts;

/// Everything that a run without a part measures on its first desk.
#[derive(Debug)]
pub struct Findings {
    /// Seconds from the services' start until all were ready.
    pub ready: f64,
    /// The same for each, on databases that are there.
    pub starts: Starts,
    /// Bytes of the program of all services.
    pub size: u64,
    /// Proportional memory by service before any load, in KiB.
    pub idle: BTreeMap<&'static str, u64>,
    /// The same after all loads.
    pub loaded: BTreeMap<&'static str, u64>,
    /// Details and lists.
    pub reads: Vec<reads::Row>,
    /// A detail through the gateway and without it.
    pub hop: Hop,
    /// Creates.
    pub creates: creates::Series,
    /// Messages a second that JetStream takes.
    pub published: f64,
    /// Whether the server counts statements.
    pub counts_statements: bool,
}
