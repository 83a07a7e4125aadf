//! The rules, without I/O: names and words of projects, key pairs, address lists.

pub mod allowed_ips;
pub mod key;
pub mod peppers;
pub mod project;
pub mod website;
pub mod words;
pub mod zone;
