//! SQL by way of `psql`, so that this crate needs no database driver.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};
use reqwest::Url;
use tokio::{io::AsyncWriteExt as _, process::Command};

use super::Tools;

/// A way into one server, as one role.
#[derive(Clone)]
pub struct Psql {
    program: PathBuf,
    url: Url,
    password: Option<String>,
}

impl Psql {
    /// By a URL such as `postgres://postgres:secret@127.0.0.1:5432/postgres`.
    pub fn new(tools: &Tools, url: &str) -> Result<Self> {
        let mut url = Url::parse(url).context("the PostgreSQL URL is no URL")?;
        let password = url.password().map(str::to_owned);
        // On the command line it would be for everyone to read.
        if url.set_password(None).is_err() {
            bail!("the PostgreSQL URL names no host");
        }
        Ok(Self {
            program: tools.program("psql"),
            url,
            password,
        })
    }

    /// The same server, another database.
    #[must_use]
    pub fn on(&self, database: &str) -> Self {
        let mut other = self.clone();
        other.url.set_path(database);
        other
    }

    /// The URL of a database on this server for a role.
    pub fn url_for(&self, role: &str, password: &str, database: &str) -> String {
        let mut url = self.on(database).url;
        // A server URL that was accepted takes these; see `new`.
        let _ = url.set_username(role);
        let _ = url.set_password(Some(password));
        url.into()
    }

    /// The URL of a database on this server for the role that we are.
    pub fn own_url(&self, database: &str) -> String {
        let mut url = self.on(database).url;
        let _ = url.set_password(self.password.as_deref());
        url.into()
    }

    /// Runs a script, which stops at the first error; answers the rows, fields parted by `|`.
    pub async fn run(&self, script: &str) -> Result<String> {
        let mut child = self
            .command()
            .arg("--file=-")
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // A script that fails early closes its input; its error says more than ours would.
            drop(input.write_all(script.as_bytes()).await);
        }
        answer(&child.wait_with_output().await?)
    }

    /// Runs a file in one transaction, unless its first line says `-- no-transaction`.
    pub async fn apply(&self, file: &Path) -> Result<()> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{} is not readable", file.display()))?;
        let mut command = self.command();
        if !text.starts_with("-- no-transaction") {
            command.arg("--single-transaction");
        }
        let output = command
            .arg("--file")
            .arg(file)
            .stdin(Stdio::null())
            .output()
            .await?;
        answer(&output)
            .map(drop)
            .with_context(|| format!("{} failed", file.display()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"])
            .args(["--set=ON_ERROR_STOP=1", "--dbname", self.url.as_str()])
            .env("PGCONNECT_TIMEOUT", "10")
            .env("PGOPTIONS", "--client-min-messages=warning")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(password) = &self.password {
            command.env("PGPASSWORD", password);
        }
        command
    }
}

fn answer(output: &std::process::Output) -> Result<String> {
    if !output.status.success() {
        bail!("psql: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A text as an SQL literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name as an SQL identifier.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn psql(url: &str) -> Psql {
        Psql::new(&Tools::sample(), url).unwrap()
    }

    #[test]
    fn the_password_stays_off_the_command_line_and_in_the_urls() {
        let psql = psql("postgres://postgres:secret@127.0.0.1:25432/postgres");
        assert!(!psql.url.as_str().contains("secret"));
        assert_eq!(
            psql.own_url("auth"),
            "postgres://postgres:secret@127.0.0.1:25432/auth"
        );
        let url = psql.url_for("auth_app", "pw", "auth");
        assert_eq!(url, "postgres://auth_app:pw@127.0.0.1:25432/auth");
    }

    #[test]
    fn a_server_without_a_password_is_fine() {
        let psql = psql("postgres://postgres@127.0.0.1:55432/postgres");
        assert_eq!(psql.own_url("x"), "postgres://postgres@127.0.0.1:55432/x");
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(literal("o'k"), "'o''k'");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
    }
}
