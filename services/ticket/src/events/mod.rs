//! What this service says and what it hears.

pub mod erasing;
pub mod incoming;
pub mod outgoing;
