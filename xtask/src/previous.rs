//! The programs of another revision, beside which those of this one are tried: built once each, from
//! a worktree below the target folder.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::{
    cargo,
    lab::{Care, Lab, Servers},
    paths::{self, Profile},
    programs::{self, PROGRAM},
    say,
    supervise::Interrupts,
};

/// What the path of the test that needs them holds.
pub const WORD: &str = "with_previous";
/// Where that test finds them.
pub const VARIABLE: &str = "SUPPORTDESK_TEST_PREVIOUS";

/// The programs of the last release, by its tag; none as long as there is none.
pub async fn of_last_release() -> Result<Option<PathBuf>> {
    let Ok(tag) = git(["describe", "--tags", "--abbrev=0"]).await else {
        say::note("no release is tagged yet: the upgrade from the last one is skipped");
        return Ok(None);
    };
    let step = say::step(format!("the programs of {tag}"));
    let programs = build(&tag).await?;
    step.done("built");
    Ok(Some(programs))
}

/// The folder of that revision's programs.
///
/// The dependencies that it shares with this one are not compiled anew.
pub async fn build(revision: &str) -> Result<PathBuf> {
    let commit = format!("{revision}^{{commit}}");
    let commit = git(["rev-parse", "--verify", &commit])
        .await
        .with_context(|| format!("{revision} is no revision"))?;
    let home = paths::target()?.join("previous").join(&commit);
    let programs = home.join("programs");
    if programs.is_dir() {
        return Ok(programs);
    }
    let tree = home.join("tree");
    if !tree.is_dir() {
        let path = tree.display().to_string();
        git(["worktree", "prune"]).await?;
        git(["worktree", "add", "--detach", &path, &commit]).await?;
    }
    let mut command = cargo::command(["build", "--workspace", "--bins"])?;
    command.current_dir(&tree);
    cargo::run(command, &format!("cargo build of {revision}")).await?;
    // Whole or not at all; the next build of this revision's own takes their places.
    let new = home.join("programs.new");
    paths::make(&new)?;
    let built = paths::binaries(Profile::Debug)?.join(PROGRAM);
    fs::copy(&built, new.join(PROGRAM))
        .with_context(|| format!("{} was not built", built.display()))?;
    programs::link(&new)?;
    fs::rename(&new, &programs)?;
    git(["worktree", "remove", "--force", &tree.display().to_string()]).await?;
    Ok(programs)
}

/// `cargo xtask upgrade-test`: from that revision to this one and back, under load.
pub async fn run(from: &str) -> Result<()> {
    let mut interrupts = Interrupts::listen()?;
    let programs = build(from).await?;
    cargo::build_with_tests().await?;
    let lab = Lab::start(Servers::Both, Care::Fast).await?;
    let mut command = cargo::command(["test", "--workspace", "--tests", WORD])?;
    command
        .args(["--", "--include-ignored"])
        .envs(lab.environment())
        .env(VARIABLE, &programs);
    let outcome = tokio::select! {
        outcome = cargo::run(command, "the upgrade") => outcome,
        () = interrupts.next() => Err(anyhow::anyhow!("interrupted")),
    };
    lab.stop(outcome.is_err()).await?;
    outcome?;
    say::line(format_args!(
        "From {from} to this revision and back: no failed request."
    ));
    Ok(())
}

async fn git<const N: usize>(words: [&str; N]) -> Result<String> {
    let mut command = Command::new("git");
    command.current_dir(paths::root()).args(words);
    let output = command.output().await.context("git does not start")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "git {}: {complaint}",
        words.join(" ")
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
