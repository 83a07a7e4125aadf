//! Throw-away folders for unit tests.

use std::{env, fs, path::PathBuf};

use crate::secrets::random;

/// A new empty folder; the test removes it.
pub fn scratch(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("xtask-{name}-{}", random()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
