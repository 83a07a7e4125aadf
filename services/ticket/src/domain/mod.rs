//! The rules of tickets, pure: no I/O, no clock, every rule with its table of cases.

pub mod assign;
pub mod breach;
pub mod deadline;
pub mod delete;
pub mod filing;
pub mod reply;
pub mod scope;
pub mod status;
pub mod ticket;
pub mod update;
pub mod write;

pub use deadline::{Clocks, Policy};
pub use scope::Scope;
pub use ticket::Ticket;
pub use write::{Entry, EntryKind, NewMessage, Refused, Write};
