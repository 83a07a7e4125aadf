//! The checkers: one Python environment and one folder of Node modules, from the pinned lists in
//! `xtask/checkers/`. Node itself comes as a wheel, so that every machine has the same.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{account, daemon::tail, lock::Lock, paths, postgres, say};

/// The pinned lists.
const LISTS: [(&str, &str); 3] = [
    (
        "requirements.txt",
        include_str!("../../checkers/requirements.txt"),
    ),
    ("package.json", include_str!("../../checkers/package.json")),
    (
        "package-lock.json",
        include_str!("../../checkers/package-lock.json"),
    ),
];

/// The folder with `bin/` (the programs) and `node_modules/`, made in `tools` when it lacks or is
/// of other lists.
pub fn find_or_install(tools: &Path) -> Result<PathBuf> {
    let folder = tools.join("checkers");
    // Two commands at once wait for each other here.
    let _turn = Lock::wait(&tools.join("checkers.lock"))?;
    if is_current(&folder) {
        return Ok(folder);
    }
    let step = say::step("the checkers are not installed");
    paths::remove(&folder)?;
    step.now("making a Python environment");
    make_environment(&folder)?;
    for (name, text) in LISTS {
        fs::write(folder.join(name), text)?;
    }
    step.now("fetching wheels");
    quietly(
        Command::new(folder.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--no-deps", "--requirement"])
            .arg(folder.join("requirements.txt")),
    )?;
    step.now("fetching Node modules");
    let path = env_path(&folder)?;
    quietly(
        Command::new(folder.join("bin/npm"))
            .args(["ci", "--silent", "--no-audit", "--no-fund"])
            .arg("--ignore-scripts")
            .current_dir(&folder)
            .env("PATH", path),
    )?;
    fs::write(stamp(&folder), all_lists())?;
    step.done(format_args!("installed in {}", folder.display()));
    Ok(folder)
}

/// Written last: a half-made folder has none.
fn stamp(folder: &Path) -> PathBuf {
    folder.join("complete")
}

fn is_current(folder: &Path) -> bool {
    fs::read_to_string(stamp(folder)).is_ok_and(|lists| lists == all_lists())
}

fn all_lists() -> String {
    LISTS.map(|(_, text)| text).concat()
}

fn make_environment(folder: &Path) -> Result<()> {
    let make = || {
        quietly(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(folder),
        )
    };
    let Err(error) = make() else { return Ok(()) };
    if !account::is_root() || paths::on_path("apt-get").is_none() {
        return Err(error.context("python3 with venv makes it and is missing"));
    }
    postgres::apt(&["update"])?;
    let packages = ["python3", "python3-venv", "python3-pip"];
    postgres::apt(
        &[
            &["install", "--yes", "--no-install-recommends"][..],
            &packages,
        ]
        .concat(),
    )?;
    make()
}

fn env_path(folder: &Path) -> Result<std::ffi::OsString> {
    let others = std::env::var_os("PATH").unwrap_or_default();
    let all = [folder.join("bin")]
        .into_iter()
        .chain(std::env::split_paths(&others));
    std::env::join_paths(all).context("a folder's name cannot stand in PATH")
}

fn quietly(command: &mut Command) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} does not start", command.get_program().display()))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!(
            "{} failed: {}",
            command.get_program().display(),
            tail(&words, 5)
        );
    }
    Ok(())
}
