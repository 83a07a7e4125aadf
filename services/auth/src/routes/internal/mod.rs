//! What other services ask for, each in its own name.

pub mod revocations;
pub mod users;
