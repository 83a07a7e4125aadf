//! What tests share: a database of their own from a migrated template, a bus of their own, keys
//! to sign in as anybody, and a client that speaks to a router in this process.
//!
//! Real PostgreSQL and NATS, found by `SUPPORTDESK_TEST_PG_URL` and `SUPPORTDESK_TEST_NATS_URL`;
//! `cargo xtask test` starts both and sets them, `cargo xtask deps` keeps them running.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod client;
mod database;
pub mod facts;
mod form;
mod keys;
mod owner;
pub mod remains;
mod stage;
pub mod tools;
mod wait;

use desk_bus::{Bus, BusSettings};
use uuid::Uuid;

pub use client::{Answer, Client, Desk};
pub use database::{database, database_url};
pub use desk_identity as identity;
pub use form::Form;
pub use keys::Keys;
pub use owner::Owner;
pub use stage::{Spy, Stage};
pub use wait::{eventually, eventually_within};

/// The test server's address, from the environment.
fn address(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run the tests by `cargo xtask test`, or keep `cargo xtask deps` running and export what it prints")
    })
}

/// The test NATS server's URL.
pub fn nats_url() -> String {
    address("SUPPORTDESK_TEST_NATS_URL")
}

/// A prefix that no other test has.
pub fn prefix() -> String {
    format!("t{}", Uuid::now_v7().simple())
}

/// Settings of a bus of the test's own.
pub fn bus_settings() -> BusSettings {
    BusSettings::isolated(nats_url(), prefix())
}

/// A bus of the test's own: no other test's events come by.
///
/// # Panics
/// When NATS cannot be reached at all.
pub async fn bus(service: &'static str) -> Bus {
    Bus::connect(&bus_settings(), service).await.expect("a bus")
}
