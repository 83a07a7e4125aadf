//! Commands of the services themselves, run where a service lives.

use std::{env, path::PathBuf, process::Stdio, time::Duration};

use desk_identity::Service;
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
};

use crate::{
    cli::Common,
    failure::{Failure, Kind, Result},
};

/// Those that keep copies, and so have dead letters.
pub fn consumers() -> Vec<&'static str> {
    Service::with_database()
        .map(|(service, _)| service.name())
        .collect()
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// The JSON objects among the lines of its standard output.
    pub lines: Vec<Value>,
    /// Whether it ended well.
    pub well: bool,
    /// The last of what it told people.
    pub complaint: String,
}

impl Said {
    /// The failure of a command that had to end well.
    pub fn failure(&self, service: &str) -> Failure {
        Failure::failed(format!("{service}: {}", self.complaint))
    }

    /// The one line that a command ends with.
    ///
    /// # Errors
    /// It did not end well, or said nothing.
    pub fn only(self, service: &str) -> Result<Value> {
        match self.lines.last() {
            Some(line) if self.well => Ok(line.clone()),
            _ => Err(self.failure(service)),
        }
    }
}

/// How far a command is, as it tells on its standard error.
#[derive(Deserialize)]
struct Reach {
    done: u64,
    total: u64,
}

/// A bar on the standard error; drawn on a terminal alone.
pub fn bar(what: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg} {bar:40} {human_pos} of {human_len}, {eta} left");
    let bar = ProgressBar::new(0).with_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Runs `<service> <words>` to its end; lines `{"done":…,"total":…}` on its standard error move
/// the bar.
///
/// # Errors
/// The program does not start.
pub async fn run(
    common: &Common,
    service: &str,
    words: &[&str],
    input: Option<&SecretString>,
    bar: Option<&ProgressBar>,
) -> Result<Said> {
    let mut child = start(common, service, words, input.is_some())?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        // One that ends before it reads tells why by itself.
        let line = format!("{}\n", input.expose_secret());
        drop(stdin.write_all(line.as_bytes()).await);
    }
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let answer = async {
        let mut text = Vec::new();
        if let Some(mut stdout) = stdout {
            stdout.read_to_end(&mut text).await?;
        }
        std::io::Result::Ok(String::from_utf8_lossy(&text).into_owned())
    };
    let words = async {
        let mut words = Words::default();
        let Some(stderr) = stderr else {
            return Ok(words);
        };
        let mut lines = BufReader::new(stderr).lines();
        while let Some(line) = lines.next_line().await? {
            match (serde_json::from_str::<Reach>(&line), bar) {
                (Ok(reach), Some(bar)) => {
                    bar.set_length(reach.total);
                    bar.set_position(reach.done);
                }
                (Ok(_), None) => {}
                (Err(_), _) => words.hear(line.trim()),
            }
        }
        std::io::Result::Ok(words)
    };
    let (answer, words) = tokio::try_join!(answer, words)?;
    let status = child.wait().await?;
    Ok(Said {
        lines: objects(&answer),
        well: status.success(),
        complaint: words.words,
    })
}

/// Why a command failed: what it says after its last `error:`, else its last line.
#[derive(Default)]
struct Words {
    words: String,
    place: Place,
}

/// Where in a command's words its last line was.
#[derive(Default, PartialEq)]
enum Place {
    #[default]
    Before,
    Reason,
    After,
}

impl Words {
    /// The longest reason that is told, in bytes, but for its last line.
    const MOST: usize = 500;

    fn hear(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        let begins = |marks: &[&'static str]| {
            let mut marks = marks.iter();
            marks.find_map(|mark| line.strip_prefix(mark))
        };
        if let Some(reason) = begins(&["Error:", "error:"]) {
            reason.trim().clone_into(&mut self.words);
            self.place = Place::Reason;
        } else if self.place == Place::Before {
            line.clone_into(&mut self.words);
        } else if begins(&["Usage:", "For more", "Stack backtrace"]).is_some() {
            // The service's usage is not ours.
            self.place = Place::After;
        } else if self.place == Place::Reason && self.words.len() < Self::MOST {
            self.words.push(' ');
            self.words.push_str(line);
        }
    }
}

fn objects(answer: &str) -> Vec<Value> {
    let lines = answer.lines().map(serde_json::from_str::<Value>);
    lines.flatten().filter(Value::is_object).collect()
}

fn start(common: &Common, service: &str, words: &[&str], input: bool) -> Result<Child> {
    let mut parts = common
        .run
        .split_whitespace()
        .map(|part| part.replace("{service}", service));
    let program = parts
        .next()
        .ok_or_else(|| Failure::usage("--run names no program"))?;
    let mut command = Command::new(beside(&program).unwrap_or_else(|| program.clone().into()));
    command
        .args(parts)
        .args(words)
        .stdin(if input { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn().map_err(|error| {
        let words =
            format!("{program} does not start: {error}; see --run in `supportdeskctl --help`");
        Failure::new(Kind::Unreachable, words)
    })
}

/// A program that lies beside this one, as in a build or an image.
fn beside(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return None;
    }
    let path = env::current_exe().ok()?.parent()?.join(program);
    path.is_file().then_some(path)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Line;

    async fn said(run_by: &str, words: &[&str], input: Option<&str>) -> Result<Said> {
        let line = Line::try_parse_from(["supportdeskctl", "--run", run_by, "purge"]);
        let input = input.map(SecretString::from);
        run(&line.unwrap().common, "ticket", words, input.as_ref(), None).await
    }

    #[tokio::test]
    async fn a_command_is_run_where_the_template_says() {
        let said = said("/bin/echo {service}:", &["{\"a\":1}"], None)
            .await
            .unwrap();
        assert!(said.well && said.lines.is_empty(), "{said:?}");
    }

    #[tokio::test]
    async fn objects_and_the_last_complaint_are_read() {
        let script = "read -r line; echo '{\"a\":1}'; echo words; echo \"{\\\"b\\\":\\\"$line\\\"}\"; \
                      echo first >&2; echo '{\"done\":1,\"total\":2}' >&2; echo 'Error: last' >&2; exit 1";
        let said = said("/bin/sh", &["-c", script], Some("typed"))
            .await
            .unwrap();
        assert_eq!(
            said.lines,
            [
                serde_json::json!({"a": 1}),
                serde_json::json!({"b": "typed"})
            ]
        );
        assert_eq!((said.well, said.complaint.as_str()), (false, "last"));
        let failure = said.only("ticket").unwrap_err();
        assert_eq!(failure.to_string(), "ticket: last");
    }

    #[test]
    fn the_reason_is_what_follows_the_error() {
        for (lines, reason) in [
            (&["starting", "", "gone"][..], "gone"),
            (
                &[
                    "a log line",
                    "Error: no end",
                    "",
                    "Caused by:",
                    "0: the lock",
                    "Stack backtrace:",
                    "0: main",
                ],
                "no end Caused by: 0: the lock",
            ),
            (
                &[
                    "error: not provided:",
                    "--signing-key <KEY>",
                    "",
                    "Usage: x",
                    "For more information, try",
                ],
                "not provided: --signing-key <KEY>",
            ),
        ] {
            let mut words = Words::default();
            for line in lines {
                words.hear(line);
            }
            assert_eq!(words.words, reason);
        }
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_out_of_reach() {
        let failure = said("/nowhere/{service}", &[], None).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Unreachable);
        assert!(failure.to_string().contains("/nowhere/ticket"), "{failure}");
    }
}
