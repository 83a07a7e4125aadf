//! What security asks of the tree as it lies there.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod page;
mod with_checkers;

use std::path::PathBuf;

/// The repository.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
