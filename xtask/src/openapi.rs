//! `cargo xtask openapi`: the committed API document, anew.

use anyhow::Result;

use crate::cargo;

/// Has the services' code write its document.
pub async fn run() -> Result<()> {
    let command = cargo::command(["run", "--quiet", "--package", "openapi"])?;
    cargo::run(command, "the API document").await
}
