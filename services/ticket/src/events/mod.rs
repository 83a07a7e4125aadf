//! What this service says and what it hears.

pub mod incoming;
pub mod outgoing;
