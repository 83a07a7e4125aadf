//! The reconciler: an owner with its outbox and its HTTP, a consumer with a database of its own, and
//! a stream between them that loses things.

mod healing;
mod judging;
mod owning;
mod world;
