//! The SQL, one module per table family.

pub(crate) mod tickets;
