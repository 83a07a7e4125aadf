//! SQL, one module per table family.

pub mod account_mails;
pub mod attempts;
pub mod audit;
pub mod audit_list;
pub mod erasing;
pub mod exports;
pub mod lists;
pub mod projects;
pub mod revocations;
pub mod sessions;
pub mod users;

mod word;
