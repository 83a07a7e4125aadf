//! The project service through its router, on real PostgreSQL and NATS.
#![expect(
    clippy::unwrap_used,
    reason = "a test that meets something else has failed"
)]

mod agents;
mod audit;
mod bad_input;
mod copies;
mod document;
mod events;
mod internal;
mod keys;
mod lists;
mod open_projects;
mod projects;
mod roles;
mod timing;
mod verification;
mod words;
mod world;
