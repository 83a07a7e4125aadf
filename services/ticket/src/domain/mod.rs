//! The rules of tickets, pure: no I/O, no clock, every rule with its table of cases.

pub mod assign;
pub mod breach;
pub mod calendar;
pub mod category;
pub mod changes;
pub mod deadline;
pub mod delete;
pub mod erase;
pub mod filing;
pub mod placeholder;
pub mod range;
pub mod rate;
pub mod reply;
pub mod scope;
pub mod status;
pub mod ticket;
pub mod update;
pub mod watch;
pub mod write;

pub use calendar::Calendar;
pub use deadline::{Clocks, Pause, Policy};
pub use scope::Scope;
pub use ticket::Ticket;
pub use write::{Entry, EntryKind, NewMessage, Refused, Write};
