//! The external gateway through its socket, with small real servers in project's and ticket's
//! places, and a real bus.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test a panic is a verdict"
)]

mod addresses;
mod keys;
mod last_use;
mod limits;
mod outage;
mod proxying;
mod upstreams;
mod world;
