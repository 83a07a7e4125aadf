//! What this service says, and what it hears.

pub mod heard;
pub mod said;
