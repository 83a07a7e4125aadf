//! The ticket service through its HTTP, on a real database and a real bus.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod attachments;
mod bad_input;
mod breaches;
mod canned_responses;
mod categories;
mod create;
mod desk;
mod erasing;
mod erasing_in_parts;
mod events;
mod external;
mod list;
mod lives;
mod many;
mod once;
mod people;
mod purge;
mod rating;
mod roles;
mod sla;
mod snapshot;
mod sweep;
mod tags;
mod tickets;
mod together;
mod totals;
mod update;
mod watching;
mod with_s3;
