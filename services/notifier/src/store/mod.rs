//! The SQL, one module per table family.

pub(crate) mod account_mails;
pub(crate) mod dead_mails;
pub(crate) mod deliveries;
pub(crate) mod erasing;
pub(crate) mod people;
pub(crate) mod preferences;
pub(crate) mod purged_tickets;
pub(crate) mod sending;
pub(crate) mod tickets;
mod word;
