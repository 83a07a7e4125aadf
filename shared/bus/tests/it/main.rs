//! The bus on a real PostgreSQL and a real NATS server, a database and a stream per test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what the fixtures cannot do fails the test"
)]

mod consuming;
mod dead_letters;
mod desk;
mod erasing;
mod ledger;
mod migrating;
mod outages;
mod partitions;
mod printing;
mod proxy;
mod reconciling;
mod relaying;
mod writing;
