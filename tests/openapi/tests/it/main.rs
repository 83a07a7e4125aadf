//! The committed API document is what the code says, and is a good one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod complete;
mod lints;
mod stale;
