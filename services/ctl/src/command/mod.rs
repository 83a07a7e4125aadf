//! The commands, a module each.

pub mod admin;
pub mod api_keys;
pub mod dead_letters;
pub mod dead_mails;
pub mod keys;
pub mod person;
pub mod purge;
pub mod reports;
pub mod session;
