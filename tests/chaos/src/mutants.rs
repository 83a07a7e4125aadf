//! Desks with a planted bug: a run that does not find them out proves nothing.
//!
//! Each patch in `mutants/` is applied to a copy of the tree, whose services are built into a target
//! folder of their own and hurt like any others.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use diffy::Patch;
use xtask::{
    cargo, paths,
    programs::{self, PROGRAM},
    say,
};

use crate::{Wanted, plan::Extent};

/// What a copy of the tree does without.
const LEFT_OUT: [&str; 4] = [".git", ".local", "target", "node_modules"];

/// A planted bug.
#[derive(Debug)]
pub struct Mutant {
    /// What it is called.
    pub name: String,
    /// The changed files, from the checkout's root on, and their new text.
    pub files: Vec<(PathBuf, String)>,
}

/// Reads all mutants, applied to the tree as it is now.
///
/// # Errors
/// A patch that no longer applies.
pub fn all() -> Result<Vec<Mutant>> {
    let folder = paths::root().join("tests/chaos/mutants");
    let mut patches: Vec<PathBuf> = fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    patches.retain(|path| path.extension().is_some_and(|end| end == "patch"));
    patches.sort();
    patches.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Mutant> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = fs::read_to_string(path)?;
    let files = apply(&text, paths::root());
    let files = files.with_context(|| {
        format!(
            "tests/chaos/mutants/{name}.patch no longer applies: plant the same bug in the code as \
             it is now (the patch's first lines say which), and `git diff` into the file"
        )
    });
    Ok(Mutant {
        files: files?,
        name: name.into_owned(),
    })
}

/// The files that a patch of one or more files changes.
fn apply(patch: &str, root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut starts: Vec<usize> = patch
        .match_indices("\n--- a/")
        .map(|(at, _)| at + 1)
        .collect();
    starts.push(patch.len());
    let parts = starts.windows(2).map(|part| &patch[part[0]..part[1]]);
    let mut files = Vec::new();
    for part in parts {
        // What git says of the next file is no part of this one.
        let part = part.split("\ndiff --git ").next().unwrap_or_default();
        let part = format!("{}\n", part.trim_end_matches('\n'));
        let patch = Patch::from_str(&part)?;
        let file = patch.original().and_then(|name| name.strip_prefix("a/"));
        let file = PathBuf::from(file.context("a patch of no file")?);
        let before = fs::read_to_string(root.join(&file))
            .with_context(|| format!("{} is not readable", file.display()))?;
        files.push((file, diffy::apply(&before, &patch)?));
    }
    if files.is_empty() {
        bail!("it changes nothing");
    }
    Ok(files)
}

/// Builds and hurts each; whether all were found out.
///
/// # Errors
/// A patch that does not apply, a mutant that does not build or start.
pub async fn run(minutes: u32, seed: u64) -> Result<bool> {
    let mutants = all()?;
    let home = paths::target()?.join("mutants");
    let (tree, target) = (home.join("tree"), home.join("target"));
    let mut verdicts = Vec::new();
    for mutant in &mutants {
        say::headline(&mutant.name);
        copy(paths::root(), &tree)?;
        for (file, text) in &mutant.files {
            fs::write(tree.join(file), text)?;
        }
        let built = Instant::now();
        build(&tree, &target).await?;
        say::line(format_args!("built in {} s", built.elapsed().as_secs()));
        let binaries = target.join("debug");
        let wanted = Wanted {
            // What the bus loses is no fault of a mutant's.
            extent: Extent {
                losses: false,
                ..Extent::of(minutes)
            },
            seed,
            binaries: Some(&binaries),
            impatient: true,
        };
        let report = crate::run(&wanted).await?;
        verdicts.push((&mutant.name, report.found.into_iter().next()));
    }
    for (name, found) in &verdicts {
        say::line(verdict(name, found.as_ref()));
    }
    Ok(verdicts.iter().all(|(_, found)| found.is_some()))
}

fn verdict(name: &str, found: Option<&(Duration, String)>) -> String {
    match found {
        Some((at, what)) => format!("✓ {name}: found out after {} s: {what}", at.as_secs()),
        None => format!("✗ {name}: NOT found out"),
    }
}

async fn build(tree: &Path, target: &Path) -> Result<()> {
    let mut command = cargo::command(["build", "--workspace", "--bin", PROGRAM])?;
    command
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", target)
        .env("SQLX_OFFLINE", "true");
    cargo::run(command, "cargo build of a mutant").await?;
    programs::link(&target.join("debug"))
}

/// Makes the copy what the tree is; what is the same stays untouched, so that little is built.
fn copy(from: &Path, to: &Path) -> Result<()> {
    paths::make(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if LEFT_OUT.iter().any(|left| name == *left) {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            let bytes = fs::read(&from)?;
            if fs::read(&to).is_ok_and(|there| there == bytes) {
                continue;
            }
            fs::write(&to, bytes)?;
        }
    }
    Ok(())
}
