//! What admins do.

pub mod users;
