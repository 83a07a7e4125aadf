//! What admins do.

pub mod audit;
pub mod users;
