//! The desk end to end: real processes, through the gateway, as people and projects use it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![expect(clippy::too_many_lines, reason = "a journey is told in one go")]

mod attacks;
mod backup;
mod canary;
mod clients;
mod collector;
mod ctl;
mod deadlines;
mod documents;
mod erasing;
mod faults;
mod files;
mod foreign;
mod fuzz;
mod input;
mod journey;
mod matrix;
mod operations;
mod rebuild;
mod reports;
mod rolling;
mod sessions;
mod snippets;
mod telemetry;
mod trail;
