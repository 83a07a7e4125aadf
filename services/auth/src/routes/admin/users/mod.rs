//! Accounts, administered (contract, Users).

pub mod create;
pub mod delete;
pub mod erase;
pub mod export;
pub mod list;
mod rules;
pub mod show;
pub mod update;
