//! The notifier through its doors: events on a real bus, internal calls, a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod consuming;
mod facts;
mod internal;
mod queueing;
mod stack;
