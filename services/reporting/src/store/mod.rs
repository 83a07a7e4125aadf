//! The SQL, one module per table family. It names no schema: the search path says which read
//! models are meant, but where they are built anew.

pub(crate) mod categories;
pub(crate) mod facts;
pub(crate) mod keep;
pub(crate) mod projects;
pub(crate) mod rebuild;
pub(crate) mod reports;
pub(crate) mod tickets;
