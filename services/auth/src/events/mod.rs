//! What auth says and what it hears.

mod incoming;
mod outgoing;

pub use incoming::Heard;
pub use outgoing::{created, deleted, erased, updated, verified};
