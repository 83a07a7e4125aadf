//! The project's own commands, run as `cargo xtask <command>`.
//!
//! | module | holds |
//! |---|---|
//! | [`cli`] | the commands and their flags |
//! | [`up`], [`supervise`], [`down`], [`logs`], [`events`], [`mod@reconcile`] | the local stack, from start to stop |
//! | [`compose_env`] | the secrets of the stack in containers |
//! | [`demo`], [`seed`], [`load`] | what a local stack is filled with |
//! | [`mod@test`], [`lab`], [`previous`], [`prepare`], [`mod@openapi`] | the test run, its servers, the release before, the checked SQL data, the API document |
//! | [`mod@bench`], [`mod@soak`], [`mod@chaos`], [`fuzz`] | the measurements, the faults, the made-up requests |
//! | [`stack`], [`running`] | the eight services as processes: used by `up` and by the end-to-end test; those of somebody else |
//! | [`service`], [`settings`], [`secrets`], [`databases`], [`ports`] | what the stack is made of |
//! | [`postgres`], [`nats`] | finding, installing and running the two servers |
//! | [`tools`], [`wheel`] | programs that some tests need, programs that come as wheels |
//! | [`daemon`], [`pids`], [`lock`], [`account`] | processes and who runs them |
//! | [`paths`], [`mounts`], [`cargo`], [`say`] | folders, the build, the terminal |
//!
//! The crate depends on no service and on nothing with SQL: those compile only once their query
//! data is current, and `cargo xtask prepare` is what makes it so.

pub mod account;
pub mod bench;
pub mod cargo;
pub mod chaos;
pub mod cli;
pub mod compose_env;
pub mod daemon;
pub mod databases;
pub mod demo;
pub mod down;
pub mod events;
pub mod fuzz;
pub mod lab;
pub mod load;
pub mod lock;
pub mod logs;
pub mod mounts;
pub mod nats;
pub mod openapi;
pub mod paths;
pub mod pids;
pub mod ports;
pub mod postgres;
pub mod prepare;
pub mod previous;
pub mod programs;
pub mod rebuild_reports;
pub mod reconcile;
pub mod running;
pub mod say;
#[cfg(test)]
mod scratch;
pub mod secrets;
pub mod seed;
pub mod settings;
pub mod soak;
pub mod stack;
pub mod supervise;
pub mod test;
pub mod tools;
pub mod up;
pub mod verify_reports;
pub mod wheel;

pub use desk_identity::service;
