//! Pure rules.

mod deadline;
mod latest;

pub(crate) use deadline::{Deadline, open_deadlines};
pub(crate) use latest::{Heard, latest};
