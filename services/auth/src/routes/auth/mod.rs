//! Signing in, staying in, signing out, and one's own account.

pub mod login;
pub mod logout;
pub mod logout_all;
pub mod me;
pub mod profile;
pub mod refresh;
pub mod register;
mod signed_in;
