//! Pure rules.

mod claim;
mod deadline;
mod latest;

pub(crate) use claim::{Claim, Word};
pub(crate) use deadline::{Deadline, open_deadlines};
pub(crate) use latest::{Heard, latest};
