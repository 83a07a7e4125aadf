//! The SLA worker through its doors: events on a real bus, internal calls, a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod claiming;
mod consuming;
mod convergence;
mod facts;
mod internal;
mod sharing;
mod stack;
mod verify;
