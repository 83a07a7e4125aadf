//! The gateway through its socket, with small real servers in the services' places.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is a verdict"
)]

mod cors;
mod docs;
mod documents;
mod identity;
mod limits;
mod paths;
mod proxying;
mod revocations;
mod tokens;
mod upstreams;
mod world;
