//! Pure rules of accounts: what a change means, who may make it, what a password is.

mod change;
mod limit;
mod one_time;
mod password;
mod permission;
mod user;

pub use change::{Changed, Update};
pub use limit::{Account, wait};
pub use one_time::{OneTimeToken, Purpose, next_try};
pub use password::{Password, matches};
pub use permission::{may_change, may_delete};
pub use user::User;
