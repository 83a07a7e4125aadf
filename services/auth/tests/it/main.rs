//! Auth through its router, on a real database and a real bus.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod account_mails;
mod accounts;
mod administration;
mod audit;
mod bad_input;
mod bootstrap;
mod desk;
mod erasing;
mod exporting;
mod limits;
mod list;
mod login;
mod me;
mod openapi;
mod post;
mod profile;
mod reconciling;
mod register;
mod requesters;
mod revocations;
mod roles;
mod sessions;
mod super_admins;
mod sweep;
mod timing;
