//! The HTTP side that every service shares: the error envelope, extractors that keep the
//! contract's order of checks, paging, server start and graceful stop, and the edge layers that
//! both gateways use.

pub mod client;
pub mod connections;
pub mod database;
pub mod edge;
mod error;
pub mod extract;
pub mod fields;
mod finish;
mod health;
pub mod healthcheck;
pub mod layers;
mod linger;
pub mod openapi;
mod outgoing;
mod pace;
pub mod page;
pub mod program;
pub mod proxy;
pub mod reach;
pub mod server;

pub use desk_identity::Clock;
pub use error::{Details, Error, Result};
pub use extract::{
    Allowed, ClientAddress, Gatekeeper, KeyHolder, OptionalUser, Path, Query, ServiceCaller,
    SignedIn, Valid, Visitor, note_caller,
};
pub use fields::{Flag, Patch, Timestamp};
pub use page::{Page, Paging};
