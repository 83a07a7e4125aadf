//! `cargo xtask test`: everything that CI checks, in steps, on servers of its own.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use console::style;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::{
    cargo,
    lab::{Care, Lab, Servers},
    paths::{self, Profile},
    prepare, previous, say,
    supervise::Interrupts,
};

/// Where the tests of the stack in containers find its programs.
pub const CONTAINERS: &str = "SUPPORTDESK_TEST_CONTAINERS";

/// A part of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// The code is formatted.
    Fmt,
    /// The committed SQL query data is current.
    Prepare,
    /// No lint complains.
    Clippy,
    /// The services' binaries, for the end-to-end test.
    Build,
    /// All tests (builds the binaries first).
    Test,
}

impl Step {
    const ALL: [Self; 5] = [
        Self::Fmt,
        Self::Prepare,
        Self::Clippy,
        Self::Build,
        Self::Test,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Prepare => "prepare --check",
            Self::Clippy => "clippy",
            Self::Build => "build",
            Self::Test => "test",
        }
    }

    const fn servers(self) -> Option<Servers> {
        match self {
            Self::Prepare => Some(Servers::Postgres),
            Self::Test => Some(Servers::Both),
            Self::Fmt | Self::Clippy | Self::Build => None,
        }
    }
}

/// Runs the steps, all unless `only` names some; `words` go to `cargo test`. The stack in containers
/// is tried with programs of that profile.
pub async fn run(only: &[Step], containers: Profile, words: &[String]) -> Result<()> {
    let steps = chosen(only);
    let mut interrupts = Interrupts::listen()?;
    let mut lab = match needed(&steps) {
        Some(servers) => Some(Lab::start(servers, Care::Fast).await?),
        None => None,
    };
    let missing = match &mut lab {
        Some(lab) if steps.contains(&Step::Test) => lab.with_tools()?,
        _ => Vec::new(),
    };
    let outcome = tokio::select! {
        outcome = run_steps(&steps, lab.as_ref(), containers, words, missing) => outcome,
        () = interrupts.next() => Err(anyhow::anyhow!("interrupted")),
    };
    let keep_logs = outcome.is_err();
    if let Some(lab) = lab {
        lab.stop(keep_logs).await?;
    }
    let report = outcome?;
    for (step, time) in &report.times {
        say::line(format_args!(
            "{} {:<16}{}",
            style("✓").green(),
            step.name(),
            say::duration(*time)
        ));
    }
    if let Some(counts) = report.counts {
        say::line(counts);
    }
    Ok(())
}

/// `cargo xtask deps`: the servers alone, for a person who runs single tests.
pub async fn deps() -> Result<()> {
    let mut interrupts = Interrupts::listen()?;
    let mut lab = Lab::start(Servers::Both, Care::Fast).await?;
    lab.with_tools()?;
    say::headline("For the shell in which the tests run:");
    for (name, value) in lab.environment() {
        say::line(format_args!("export {name}='{value}'"));
    }
    say::line(style("Ctrl-C stops the servers and forgets their data.").dim());
    interrupts.next().await;
    lab.stop(false).await
}

fn chosen(only: &[Step]) -> Vec<Step> {
    let wanted = |step: &Step| match step {
        _ if only.is_empty() => true,
        Step::Build => only.contains(&Step::Build) || only.contains(&Step::Test),
        step => only.contains(step),
    };
    Step::ALL.into_iter().filter(wanted).collect()
}

fn needed(steps: &[Step]) -> Option<Servers> {
    let servers: Vec<Servers> = steps.iter().filter_map(|step| step.servers()).collect();
    if servers.contains(&Servers::Both) {
        Some(Servers::Both)
    } else {
        servers.first().copied()
    }
}

#[derive(Default)]
struct Report {
    times: Vec<(Step, Duration)>,
    counts: Option<Counts>,
}

async fn run_steps(
    steps: &[Step],
    lab: Option<&Lab>,
    containers: Profile,
    words: &[String],
    mut missing: Vec<&'static str>,
) -> Result<Report> {
    let mut report = Report::default();
    let mut environment = Vec::new();
    for step in steps {
        say::headline(format_args!("▸ {}", step.name()));
        let since = Instant::now();
        match (step, lab) {
            (Step::Fmt, _) => {
                cargo::run(
                    cargo::command(["fmt", "--all", "--check"])?,
                    "cargo fmt --check",
                )
                .await?;
            }
            (Step::Prepare, Some(lab)) => prepare::run(lab.postgres_url(), true, &[]).await?,
            (Step::Clippy, _) => clippy().await?,
            (Step::Build, _) if steps.contains(&Step::Test) => {
                match previous::of_last_release().await? {
                    Some(programs) => environment.push((previous::VARIABLE, programs)),
                    None => missing.push(previous::WORD),
                }
                cargo::build_with_tests().await?;
                environment.push((CONTAINERS, of_containers(containers).await?));
            }
            (Step::Build, _) => cargo::build(Profile::Debug).await?,
            (Step::Test, Some(lab)) => {
                report.counts = Some(tests(lab, &environment, words, &missing).await?);
            }
            (Step::Prepare | Step::Test, None) => bail!("{} needs servers", step.name()),
        }
        report.times.push((*step, since.elapsed()));
        say::line(format_args!(
            "{} {} {}",
            style("✓").green(),
            step.name(),
            style(say::duration(since.elapsed())).dim()
        ));
    }
    Ok(report)
}

async fn clippy() -> Result<()> {
    let words = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    cargo::run(cargo::command(words)?, "cargo clippy").await
}

/// The programs that the stack in containers is tried with.
async fn of_containers(profile: Profile) -> Result<PathBuf> {
    if profile == Profile::Release {
        cargo::build(Profile::Release).await?;
    } else {
        say::note(
            "the stack in containers is tried with debug programs; --release-containers takes release ones",
        );
    }
    paths::binaries(profile)
}

async fn tests(
    lab: &Lab,
    environment: &[(&'static str, PathBuf)],
    words: &[String],
    missing: &[&str],
) -> Result<Counts> {
    let mut command = cargo::command(["test", "--no-fail-fast"])?;
    if !names_packages(words) {
        command.arg("--workspace");
    }
    command
        .args(with_ignored(words.to_vec(), missing))
        .envs(lab.environment())
        .envs(environment.iter().map(|(name, value)| (name, value)));
    let (succeeded, mut counts) = counted(command).await?;
    if words.is_empty() {
        // Nobody narrowed the run: what was filtered out lacks its tool.
        counts.skipped += counts.filtered;
    }
    if !succeeded {
        // The counts are the last plain line on standard output, whatever the end.
        say::line(counts);
        bail!("cargo test failed");
    }
    Ok(counts)
}

/// The tests that need more than the two servers run, too, but for those whose tools lack.
fn with_ignored(mut words: Vec<String>, missing: &[&str]) -> Vec<String> {
    if !words.iter().any(|word| word == "--") {
        words.push("--".to_owned());
    }
    words.push("--include-ignored".to_owned());
    for word in missing {
        words.extend(["--skip".to_owned(), (*word).to_owned()]);
    }
    words
}

fn names_packages(words: &[String]) -> bool {
    words.iter().take_while(|word| *word != "--").any(|word| {
        word.starts_with("-p") || word.starts_with("--package") || word == "--workspace"
    })
}

/// What all test binaries together said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// Not asked for by name.
    filtered: u64,
}

impl Counts {
    /// Adds the figures of a line such as `test result: ok. 4 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some(figures) = line.trim().strip_prefix("test result: ") else {
            return;
        };
        for part in figures.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(count)), Some(what)) = (words.next().map(str::parse::<u64>), words.next())
            else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.skipped += count,
                "filtered" => self.filtered += count,
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// Runs a command, shows its lines as they come, and counts.
async fn counted(mut command: Command) -> Result<(bool, Counts)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo test does not start")?;
    let mut counts = Counts::default();
    if let Some(output) = child.stdout.take() {
        let mut lines = BufReader::new(output).split(b'\n');
        while let Some(line) = lines.next_segment().await? {
            let line = String::from_utf8_lossy(&line);
            counts.add(&line);
            say::line(line);
        }
    }
    Ok((child.wait().await?.success(), counts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_step_brings_the_binaries() {
        assert_eq!(chosen(&[]), Step::ALL);
        assert_eq!(chosen(&[Step::Test]), [Step::Build, Step::Test]);
        assert_eq!(chosen(&[Step::Fmt]), [Step::Fmt]);
    }

    #[test]
    fn servers_are_started_for_who_needs_them() {
        assert_eq!(needed(&Step::ALL), Some(Servers::Both));
        assert_eq!(needed(&[Step::Fmt, Step::Prepare]), Some(Servers::Postgres));
        assert_eq!(needed(&[Step::Clippy]), None);
    }

    #[test]
    fn counts_add_up_over_binaries() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            counts.add(line);
        }
        assert_eq!(
            counts,
            Counts {
                passed: 7,
                failed: 2,
                skipped: 1,
                filtered: 2
            }
        );
        assert_eq!(counts.to_string(), "7 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn the_test_binaries_are_told_of_what_else_can_run() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (given, told) in [
            ("-p ticket", "-p ticket -- --include-ignored"),
            ("-- --nocapture", "-- --nocapture --include-ignored"),
        ] {
            assert_eq!(with_ignored(words(given), &[]), words(told));
        }
        assert_eq!(
            with_ignored(Vec::new(), &["with_s3", "with_php"]),
            words("-- --include-ignored --skip with_s3 --skip with_php")
        );
    }

    #[test]
    fn a_package_narrows_the_run_unless_it_is_the_test_binary_s_word() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(names_packages(&words("-p ticket create")));
        assert!(!names_packages(&words("create -- -p")));
    }
}
