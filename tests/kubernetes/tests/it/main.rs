//! The manifests in `k8s/` and `deploy/` as kustomize renders them: each check is a function from
//! the parsed documents to what is wrong with them, holds for base and every overlay, and is tried
//! on broken copies.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod availability;
mod bus;
mod custom_resources;
mod databases;
mod environment;
mod holding;
mod images;
mod keys;
mod manifests;
mod monitoring;
mod network;
mod probes;
mod programs;
mod rendered;
mod resources;
mod restricted;
mod schemas;
mod secrets;
mod settings;
mod wiring;
