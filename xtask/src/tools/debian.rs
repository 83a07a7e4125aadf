//! Programs that Debian packages.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::{account, paths, postgres, say};

/// The program on PATH; where it lacks, root installs `packages`.
pub fn find_or_install(program: &str, packages: &[&str]) -> Result<PathBuf> {
    if let Some(found) = paths::on_path(program) {
        return Ok(found);
    }
    if !account::is_root() || paths::on_path("apt-get").is_none() {
        bail!(
            "{program} is not installed (packages {})",
            packages.join(", ")
        );
    }
    let step = say::step(format!("{program} is not installed"));
    step.now("installing it by apt");
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(packages);
    postgres::apt(&["update"])?;
    postgres::apt(&install)?;
    let found = paths::on_path(program)
        .with_context(|| format!("{} brought no {program}", packages.join(", ")))?;
    step.done("installed by apt");
    Ok(found)
}
