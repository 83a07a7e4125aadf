//! The SQL, one module per table family.

pub(crate) mod claims;
pub(crate) mod deadlines;
pub(crate) mod tickets;
