//! The SQL, one module per table family.

pub(crate) mod deliveries;
pub(crate) mod purged_tickets;
