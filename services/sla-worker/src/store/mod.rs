//! The SQL, one module per table family.

pub(crate) mod deadlines;
pub(crate) mod tickets;
