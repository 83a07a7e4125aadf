//! The six reports, each read from the facts of its grain.
//!
//! Facts are read by one of two arms, all projects of the days or the days of some projects, so
//! that a plan made once has an index for either.

pub(crate) mod agents;
pub(crate) mod categories;
pub(crate) mod overview;
pub(crate) mod projects;
pub(crate) mod sla;
pub(crate) mod volume;

use time::Date;

/// Which facts a report is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slice {
    /// The first day.
    pub(crate) from: Date,
    /// The last day.
    pub(crate) to: Date,
    /// These projects alone; none: all there are.
    pub(crate) projects: Option<Vec<i64>>,
}
