//! Reporting through its doors: events on a real bus, internal calls, a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod consuming;
mod convergence;
mod facts;
mod histories;
mod internal;
mod models;
mod rebuild;
mod reports;
mod stack;
mod verify;
