//! Pure rules.

mod latest;
mod period;
mod range;

pub(crate) use latest::{Heard, latest};
pub(crate) use period::{GroupBy, MAX_PERIODS};
pub(crate) use range::range;
