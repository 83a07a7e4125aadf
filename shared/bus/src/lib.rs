//! How facts get from one service's transaction to every other service.
//!
//! - [`outbox::append`] writes events in the transaction of the change;
//! - [`Bus::relay`] publishes them to the stream, in order, one replica at a time;
//! - [`Bus::consume`] hands them to a [`Consumer`] in batches, one transaction a batch;
//! - [`reconcile`] compares what consumers have with what the outboxes said, and has it said again;
//! - [`Bus::follow`] tells up to when a consumer has everything;
//! - [`dead_letters`] keeps what a consumer could not take, until somebody replays it;
//! - [`erasure`] takes an aggregate's past out of the stream;
//! - [`program`] is the command line of a service with a database;
//! - [`mod@print`] shows the stream to people;
//! - [`failpoint`] holds a process at a chosen moment, for the fault tests.
//!
//! The outbox is the truth, the stream a fast copy that may lose or repeat: a consumer is
//! idempotent by (aggregate, sequence), and the highest sequence wins.

mod backoff;
mod bus;
mod consumer;
pub mod dead_letters;
mod delivery;
mod envelope;
pub mod erasure;
pub mod failpoint;
mod freshness;
mod heard;
mod lent;
pub mod outbox;
pub mod print;
pub mod program;
mod publish;
mod pull;
pub mod reconcile;
mod relay;
mod settings;
mod stream;
mod unavailable;

pub use bus::Bus;
pub use consumer::{Consumer, trace};
pub use freshness::Freshness;
pub use settings::BusSettings;
pub use unavailable::Unavailable;

/// The tables of this crate (`outbox`, `outbox_pending`, `outbox_parked`, `outbox_heads`, `heard`,
/// `dead_letters`, `stream_erasures`), kept in the migration table `_bus_migrations`. Run before a service's own
/// migrations, as the owner.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
