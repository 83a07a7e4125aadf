//! The desk while parts of it die, freeze or are cut off: nothing lost, nothing doubled.

mod database;
mod kills;
mod nats;
mod paused;
mod readers;
