//! Pure rules, no I/O: which path goes where, and which token is dead.

pub mod revocations;
pub mod route;
