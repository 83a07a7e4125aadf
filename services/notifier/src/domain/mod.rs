//! Pure rules.

mod addressee;
mod delivery;
mod detail;
mod kind;
mod retry;
pub(crate) mod thread;
mod ticket;

pub(crate) use addressee::{Addressee, Known, Person, Question, Silence, addressee};
pub(crate) use delivery::{Delivery, Recipient, deliveries};
pub(crate) use detail::{Deadline, Detail};
pub(crate) use kind::Kind;
pub(crate) use retry::wait_after;
pub(crate) use ticket::Ticket;
