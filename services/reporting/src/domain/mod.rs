//! Pure rules.

mod latest;

pub(crate) use latest::{Heard, latest};
