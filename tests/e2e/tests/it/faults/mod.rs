//! The desk while parts of it die, freeze or are cut off: nothing lost, nothing doubled.

mod cut;
mod database;
mod kills;
pub mod load;
mod nats;
mod paused;
mod points;
mod readers;
pub mod truth;
