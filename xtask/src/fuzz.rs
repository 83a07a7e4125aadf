//! `cargo xtask fuzz`: for as long as one likes, what `cargo xtask test` does in a minute. The API
//! document is fuzzed as every kind of caller, and tickets live made-up lives.

use anyhow::{Result, bail};

use crate::{
    cargo,
    lab::{Care, Lab, Servers},
    say,
    supervise::Interrupts,
    tools::Tool,
};

/// Those who fuzz: customer, agent, admin, super admin, a project by its key.
const CALLERS: u64 = 5;
/// Lives of tickets in a minute, on any machine.
const LIVES: u64 = 100;

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// How long, about.
    pub minutes: u64,
    /// Which values: the same seed makes up the same ones.
    pub seed: u64,
}

/// Builds, starts the servers, and runs the tests that fuzz.
pub async fn run(wanted: Wanted) -> Result<()> {
    let mut interrupts = Interrupts::listen()?;
    cargo::build_with_tests().await?;
    let mut lab = Lab::start(Servers::Both, Care::Fast).await?;
    let missing = lab.with_tools()?;
    let outcome = tokio::select! {
        outcome = fuzz(&lab, wanted, &missing) => outcome,
        () = interrupts.next() => Err(anyhow::anyhow!("interrupted")),
    };
    lab.stop(outcome.is_err()).await?;
    outcome
}

async fn fuzz(lab: &Lab, wanted: Wanted, missing: &[&str]) -> Result<()> {
    if missing.contains(&Tool::Checkers.word()) {
        bail!("without the checkers nothing can be fuzzed");
    }
    let seconds = (wanted.minutes * 60 / CALLERS).max(1);
    say::headline(format_args!("▸ {seconds} s a caller, seed {}", wanted.seed));
    for tests in ["fuzz::", "lives::"] {
        let mut command = cargo::command(["test", "--workspace", "--tests", tests])?;
        command
            // One at a time: each has the whole machine for its share of the time.
            .args(["--", "--include-ignored", "--nocapture", "--test-threads=1"])
            .envs(lab.environment())
            .env("SUPPORTDESK_FUZZ_SECONDS", seconds.to_string())
            .env("SUPPORTDESK_FUZZ_SEED", wanted.seed.to_string())
            .env("PROPTEST_RNG_SEED", wanted.seed.to_string())
            .env("PROPTEST_CASES", (wanted.minutes * LIVES).to_string());
        cargo::run(command, "fuzzing").await?;
    }
    Ok(())
}
