//! Pure rules, no I/O: what a key pair looks like, what a key admits, how failures are counted.

pub mod api_key;
pub mod credentials;
pub mod failures;
