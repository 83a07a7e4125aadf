//! Runs `pgbench` and reads its log of transactions, so that its figures are made like ours: the
//! warm-up left out, percentiles of every single latency.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;
use xtask::postgres::Tools;

use crate::{
    filing::Script,
    latency::{Latencies, micros},
    load::{Outcome, rate},
    scale::Scale,
    server::Server,
};

/// `pgbench` against one database.
#[derive(Debug, Clone)]
pub struct Pgbench {
    program: PathBuf,
    server: Server,
    database: String,
    folder: PathBuf,
}

impl Pgbench {
    /// The one that comes with the server's programs; scripts and logs go to the folder.
    ///
    /// # Errors
    /// When PostgreSQL's programs are not found.
    pub fn find(server: &Server, database: &str, folder: &Path) -> Result<Self> {
        let tools = Tools::find_or_install(None)?;
        let program = tools.program("pgbench");
        if !program.is_file() {
            bail!(
                "{} is missing: it comes with PostgreSQL's server or contrib package",
                program.display()
            );
        }
        Ok(Self {
            program,
            server: server.clone(),
            database: database.to_owned(),
            folder: folder.join("pgbench"),
        })
    }

    /// Runs a script over so many connections, each as fast as it gets answers. Counts tickets,
    /// not transactions.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn run(&self, script: &Script, connections: usize, scale: &Scale) -> Result<Outcome> {
        self.run_with(script, connections, scale, &[]).await
    }

    /// Runs a script at a rate of transactions a second; each is timed from when it was due.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn run_at(
        &self,
        rate: f64,
        script: &Script,
        connections: usize,
        scale: &Scale,
    ) -> Result<Outcome> {
        let rate = format!("--rate={rate:.1}");
        self.run_with(script, connections, scale, &[rate]).await
    }

    async fn run_with(
        &self,
        script: &Script,
        connections: usize,
        scale: &Scale,
        words: &[String],
    ) -> Result<Outcome> {
        drop(fs::remove_dir_all(&self.folder));
        fs::create_dir_all(&self.folder)?;
        let file = self.folder.join("create.sql");
        fs::write(&file, &script.text)?;
        let output = self
            .command(script, &file, connections, scale, words)
            .output()
            .await?;
        let words = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("pgbench failed: {}", xtask::daemon::tail(&words, 5));
        }
        let transactions = self.transactions()?;
        Ok(outcome(&transactions, script.tickets, scale))
    }

    fn command(
        &self,
        script: &Script,
        file: &Path,
        connections: usize,
        scale: &Scale,
        words: &[String],
    ) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--protocol=prepared", "--no-vacuum", "--log"])
            .arg(format!(
                "--log-prefix={}",
                self.folder.join("log").display()
            ))
            .arg(format!("--client={connections}"))
            .arg(format!("--jobs={}", connections.min(2)))
            .arg(format!("--time={}", scale.whole().as_secs()))
            .arg(format!("--file={}", file.display()))
            .arg(format!("--host={}", self.server.host))
            .arg(format!("--port={}", self.server.port))
            .arg(format!("--username={}", self.server.user))
            .arg(format!("--define=turn={}", milliseconds()))
            .arg(format!(
                "--define=run={}",
                100_000 + milliseconds() % 900_000
            ));
        for (name, value) in &script.variables {
            command.arg(format!("--define={name}={value}"));
        }
        command.args(words);
        if let Some(password) = &self.server.password {
            command.env("PGPASSWORD", password);
        }
        command
            .arg(&self.database)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    fn transactions(&self) -> Result<Vec<Transaction>> {
        let mut transactions = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("log.") {
                let text = fs::read_to_string(entry.path()).context("pgbench's log")?;
                transactions.extend(text.lines().map(Transaction::parse));
            }
        }
        Ok(transactions)
    }
}

/// Milliseconds since 1970, for ids that grow from run to run; nothing is decided by it.
fn milliseconds() -> i128 {
    #[expect(
        clippy::disallowed_methods,
        reason = "no business time: it keeps the ids of runs apart"
    )]
    let now = time::OffsetDateTime::now_utc();
    now.unix_timestamp_nanos() / 1_000_000
}

/// A line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    /// When it ended since 1970, and how long it took.
    Done(Duration, Duration),
    Failed,
}

impl Transaction {
    /// `client transaction latency script seconds microseconds`, a word for the latency of one
    /// that failed. With a rate, how late it began stands behind and is in the latency, too.
    fn parse(line: &str) -> Self {
        let mut fields = line.split_whitespace().skip(2).map(str::parse::<u64>);
        let mut next = || fields.next().and_then(Result::ok);
        match (next(), next(), next(), next()) {
            (Some(latency), Some(_), Some(seconds), Some(micros)) => Self::Done(
                Duration::from_secs(seconds) + Duration::from_micros(micros),
                Duration::from_micros(latency),
            ),
            _ => Self::Failed,
        }
    }
}

fn outcome(transactions: &[Transaction], tickets: usize, scale: &Scale) -> Outcome {
    let done = || {
        transactions
            .iter()
            .filter_map(|transaction| match transaction {
                Transaction::Done(end, latency) => Some((*end, *latency)),
                Transaction::Failed => None,
            })
    };
    let start = done()
        .map(|(end, latency)| end.saturating_sub(latency))
        .min();
    let from = start.unwrap_or_default() + scale.warm;
    let measured = done().filter(|(end, _)| *end >= from && *end < from + scale.measure);
    let latencies = Latencies::new(measured.map(|(_, latency)| micros(latency)).collect());
    let failed = transactions.len() - done().count();
    Outcome {
        rate: rate(latencies.count() * tickets, scale.measure),
        latencies,
        all: u64::try_from(done().count() * tickets).unwrap_or(u64::MAX),
        errors: u64::try_from(failed).unwrap_or(u64::MAX),
        first_error: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_counted_after_the_warm_up() {
        let scale = Scale {
            warm: Duration::from_secs(1),
            measure: Duration::from_secs(2),
            tickets: &[],
        };
        let lines = [
            "0 0 1000 0 100 1000",   // Ends the start of the run: 100.000.
            "0 1 2000 0 100 999999", // Still warming up.
            "0 2 3000 0 101 0",
            "1 0 4000 0 102 999999 1500",
            "1 1 5000 0 103 0", // After the end.
            "1 2 failed 0 102 5",
            "1 3 failed 0 102 5 17",
        ];
        let transactions: Vec<Transaction> = lines.iter().map(|l| Transaction::parse(l)).collect();
        let outcome = outcome(&transactions, 8, &scale);
        assert!((outcome.rate - 8.0).abs() < 1e-9);
        assert_eq!((outcome.all, outcome.errors), (40, 2));
        assert!((outcome.latencies.p99() - 4.0).abs() < 1e-9);
    }
}
