//! The file of results. Every part of the bench replaces its own rows and leaves the others', so
//! that a long part need not run again with each short one.

use std::{collections::BTreeMap, fmt::Write as _, fs, io::ErrorKind, path::Path};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Verdict, plot};
use crate::processes;

/// What one part found.
#[derive(Debug)]
pub struct Found {
    /// The figures.
    pub verdicts: Vec<Verdict>,
    /// All that they were made from.
    pub details: Value,
}

/// What was measured and where. Rows of another machine are no company for one's own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    machine: Machine,
    /// When the latest part began, UTC.
    at: String,
    rows: Vec<Row>,
    /// By the part's name.
    details: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Machine {
    cores: usize,
    memory_mib: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Row {
    #[serde(flatten)]
    verdict: Verdict,
    part: String,
    at: String,
    /// With short points.
    quick: bool,
}

/// A part's run.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The part.
    pub part: &'a str,
    /// When it began, UTC.
    pub at: &'a str,
    /// With short points.
    pub quick: bool,
}

impl Latest {
    /// For this machine.
    pub fn new() -> Self {
        let (cores, memory_mib) = processes::machine();
        Self {
            machine: Machine { cores, memory_mib },
            ..Self::default()
        }
    }

    /// What the file holds of this machine's.
    ///
    /// # Errors
    /// When it is another kind of file.
    pub fn read(path: &Path) -> Result<Self> {
        let new = Self::new();
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(new),
            text => text.with_context(|| format!("{} cannot be read", path.display()))?,
        };
        let found: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} holds no results", path.display()))?;
        Ok(if found.machine == new.machine {
            found
        } else {
            new
        })
    }

    /// Puts a part's figures in the place of its earlier ones.
    pub fn take(&mut self, run: Run<'_>, found: Found) {
        self.rows.retain(|row| row.part != run.part);
        self.rows
            .extend(found.verdicts.into_iter().map(|verdict| Row {
                verdict,
                part: run.part.to_owned(),
                at: run.at.to_owned(),
                quick: run.quick,
            }));
        self.details.insert(run.part.to_owned(), found.details);
        run.at.clone_into(&mut self.at);
    }

    /// Writes it, whole.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// A picture of the figures that have a goal.
    ///
    /// # Errors
    /// When the drawing library cannot.
    pub fn plot(&self) -> Result<String> {
        plot::draw(self.with_goals())
    }

    /// The figures that have a goal.
    fn with_goals(&self) -> impl Iterator<Item = &Verdict> {
        let verdicts = self.rows.iter().map(|row| &row.verdict);
        verdicts.filter(|verdict| verdict.goal.is_some())
    }

    /// All of them for people.
    pub fn table(&self) -> String {
        let mut out = String::from("\nGoals\n");
        for verdict in self.with_goals() {
            let figure = format!("{:.2} {}", verdict.ours, verdict.unit);
            let ratio = verdict.ratio.map(|ratio| format!("= {ratio:.2} ×"));
            let _ = writeln!(
                out,
                "{:<58}{figure:>18} {:>9}   {:<16}{}",
                verdict.name,
                ratio.unwrap_or_default(),
                verdict.goal.as_deref().unwrap_or_default(),
                match verdict.met {
                    Some(true) => "met",
                    Some(false) => "MISSED",
                    None => "not measured",
                }
            );
        }
        let all = self.with_goals().count();
        let met = self.with_goals().filter(|v| v.met == Some(true)).count();
        let _ = write!(out, "{met} of {all} met");
        out
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(names: &[&str]) -> Found {
        let verdict = |name: &&str| Verdict::alone(*name, "ms", 1.0).of_at_most(2.0);
        Found {
            verdicts: names.iter().map(verdict).collect(),
            details: json!({"names": names}),
        }
    }

    fn run<'a>(part: &'a str, at: &'a str) -> Run<'a> {
        Run {
            part,
            at,
            quick: false,
        }
    }

    fn rows(latest: &Latest) -> Vec<(&str, &str)> {
        let rows = latest.rows.iter();
        rows.map(|row| (row.verdict.name.as_str(), row.at.as_str()))
            .collect()
    }

    #[test]
    fn a_part_replaces_its_own_rows_only() {
        let mut latest = Latest::new();
        latest.take(run("basics", "1"), found(&["create", "gone"]));
        latest.take(run("sla", "2"), found(&["breach"]));
        latest.take(run("basics", "3"), found(&["create"]));
        assert_eq!(rows(&latest), [("breach", "2"), ("create", "3")]);
        assert_eq!(latest.at, "3");
        assert_eq!(latest.details["basics"], json!({"names": ["create"]}));
        assert!(latest.table().ends_with("2 of 2 met"), "{}", latest.table());
    }

    #[test]
    fn what_was_written_is_read_again_on_the_same_machine_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bench/latest.json");
        assert_eq!(Latest::read(&path).unwrap(), Latest::new());
        let mut latest = Latest::new();
        latest.take(run("basics", "1"), found(&["create"]));
        latest.write(&path).unwrap();
        assert_eq!(Latest::read(&path).unwrap(), latest);
        latest.machine.cores += 1;
        latest.write(&path).unwrap();
        assert_eq!(Latest::read(&path).unwrap(), Latest::new());
        fs::write(&path, "{}").unwrap();
        assert!(Latest::read(&path).is_err());
    }
}
