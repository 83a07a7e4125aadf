//! The log files of the local stack: the end of each, and what is added to them.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, bail};
use console::{Style, style};

use crate::{daemon::tail, paths::Local, say, service::Service};

/// Wide enough for the longest name.
const WIDTH: usize = 16;
const POLL: Duration = Duration::from_millis(100);

/// `cargo xtask logs`.
pub async fn run(name: Option<&str>, follow: bool, lines: usize) -> Result<()> {
    let local = Local::of_checkout()?;
    let names = chosen(name)?;
    let mut sources = Vec::new();
    for (name, look) in names {
        let path = log_file(&local.logs(), &name);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let source = Source {
            offset: text.len() as u64,
            ..Source::new(&name, &look, path)
        };
        for line in tail(&text, lines).lines() {
            source.print(line);
        }
        sources.push(source);
    }
    if follow {
        Printer { sources }.follow().await;
    }
    Ok(())
}

/// A process's log.
pub fn log_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension("log")
}

/// All processes of the local stack with their colours.
fn everyone() -> Vec<(String, Style)> {
    let services = Service::ALL.map(Service::name).into_iter();
    services
        .chain(["nats", "postgres"])
        .enumerate()
        .map(|(index, name)| (name.to_owned(), say::colour(index)))
        .collect()
}

fn chosen(name: Option<&str>) -> Result<Vec<(String, Style)>> {
    let everyone = everyone();
    let Some(wanted) = name else {
        return Ok(everyone);
    };
    let names: Vec<String> = everyone.iter().map(|(name, _)| name.clone()).collect();
    let found: Vec<_> = everyone
        .into_iter()
        .filter(|(name, _)| name == wanted)
        .collect();
    if found.is_empty() {
        bail!(
            "there is no log of `{wanted}`: it is one of {}",
            names.join(", ")
        );
    }
    Ok(found)
}

/// Prints what is added to log files, each line with its process's name.
pub struct Printer {
    sources: Vec<Source>,
}

impl Printer {
    /// For all logs of a folder, from where they end now.
    pub fn of_folder(folder: &Path) -> Self {
        let source = |(name, look): (String, Style)| {
            let path = log_file(folder, &name);
            let offset = path.metadata().map_or(0, |file| file.len());
            Source {
                offset,
                ..Source::new(&name, &look, path)
            }
        };
        Self {
            sources: everyone().into_iter().map(source).collect(),
        }
    }

    /// Prints whole lines that came since the last call.
    pub fn print_new(&mut self) {
        for source in &mut self.sources {
            for line in source.new_lines() {
                source.print(&line);
            }
        }
    }

    /// Prints on and on; ends only by being dropped.
    pub async fn follow(&mut self) {
        loop {
            self.print_new();
            tokio::time::sleep(POLL).await;
        }
    }
}

struct Source {
    prefix: String,
    path: PathBuf,
    offset: u64,
    /// The beginning of a line whose end is still to come.
    partial: Vec<u8>,
}

impl Source {
    fn new(name: &str, look: &Style, path: PathBuf) -> Self {
        let prefix = look.apply_to(format!("{name:<WIDTH$} |")).to_string();
        Self {
            prefix,
            path,
            offset: 0,
            partial: Vec::new(),
        }
    }

    fn new_lines(&mut self) -> Vec<String> {
        let Ok(mut file) = File::open(&self.path) else {
            return Vec::new();
        };
        let length = file.metadata().map_or(0, |file| file.len());
        if length < self.offset {
            // The log began anew.
            self.offset = 0;
            self.partial.clear();
        }
        if length == self.offset || file.seek(SeekFrom::Start(self.offset)).is_err() {
            return Vec::new();
        }
        let read = file.read_to_end(&mut self.partial).unwrap_or(0);
        self.offset += read as u64;
        let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let rest = self.partial.split_off(end + 1);
        let whole = std::mem::replace(&mut self.partial, rest);
        String::from_utf8_lossy(&whole)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn print(&self, line: &str) {
        let text = match level(line) {
            Some(Level::Error) => style(line).red().to_string(),
            Some(Level::Warning) => style(line).yellow().to_string(),
            None => line.to_owned(),
        };
        say::line(format_args!("{} {text}", self.prefix));
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Level {
    Warning,
    Error,
}

/// The level that a line of a service, of PostgreSQL or of nats-server tells near its beginning.
fn level(line: &str) -> Option<Level> {
    let words = line.split_whitespace().take(6);
    words.into_iter().find_map(|word| match word {
        "ERROR" | "ERROR:" | "FATAL:" | "PANIC:" | "[ERR]" | "[FTL]" => Some(Level::Error),
        "WARN" | "WARNING:" | "[WRN]" => Some(Level::Warning),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;
    use crate::scratch::scratch;

    #[test]
    fn lines_come_whole_and_once_and_a_new_log_is_noticed() {
        let folder = scratch("logs");
        let path = folder.join("ticket.log");
        let mut source = Source::new("ticket", &Style::new(), path.clone());
        assert!(source.new_lines().is_empty());

        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(source.new_lines(), ["one"]);
        file.write_all(b"o\nthree\n").unwrap();
        assert_eq!(source.new_lines(), ["two", "three"]);
        assert!(source.new_lines().is_empty());

        fs::write(&path, "new\n").unwrap();
        assert_eq!(source.new_lines(), ["new"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn levels_are_read_near_the_beginning() {
        for (line, expected) in [
            ("2026-11-24T10:00:00Z  WARN slow", Some(Level::Warning)),
            (
                "2026-11-24 10:00:00.000 UTC [7] FATAL:  no",
                Some(Level::Error),
            ),
            (
                "[7] 2026/11/24 10:00:00.000000 [ERR] disk",
                Some(Level::Error),
            ),
            (
                "2026-11-24T10:00:00Z  INFO a customer wrote in words that end with ERROR",
                None,
            ),
        ] {
            assert_eq!(level(line), expected, "{line}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        assert_eq!(chosen(Some("ticket")).unwrap().len(), 1);
        assert!(
            chosen(Some("tickets"))
                .unwrap_err()
                .to_string()
                .contains("sla-worker")
        );
    }
}
