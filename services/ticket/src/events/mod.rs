//! What this service says and what it hears.

mod erasing;
pub mod incoming;
pub mod outgoing;
