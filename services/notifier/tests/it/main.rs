//! The notifier through its doors: events on a real bus, internal calls, a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod account_mails;
mod consuming;
mod encrypted;
mod erasing;
mod facts;
mod internal;
mod post_office;
mod preferences;
mod queueing;
mod sending;
mod smtp;
mod stack;
