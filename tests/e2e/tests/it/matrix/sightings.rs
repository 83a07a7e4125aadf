//! Who has seen which canary, and in which answer first.

use std::{collections::BTreeMap, sync::Mutex};

use desk_testkit::Answer;

use super::table::{self, Caller};

const SIGHTINGS: &str = include_str!("sightings.txt");

/// The canaries, and where they were seen.
pub struct Sightings {
    /// In lower case, by name.
    canaries: BTreeMap<&'static str, String>,
    seen: Mutex<BTreeMap<(Caller, &'static str), String>>,
}

impl Sightings {
    pub fn of(canaries: &BTreeMap<&'static str, String>) -> Self {
        let canaries = canaries
            .iter()
            .map(|(name, word)| (*name, word.to_lowercase()));
        Self {
            canaries: canaries.collect(),
            seen: Mutex::default(),
        }
    }

    /// Looks for all of them in an answer, headers and body.
    pub fn look(&self, caller: Caller, answer: &Answer, what: &str) {
        let text = format!("{:?} {}", answer.headers, answer.body).to_lowercase();
        for (name, word) in &self.canaries {
            if text.contains(word) {
                let mut seen = self.seen.lock().unwrap();
                seen.entry((caller, name))
                    .or_insert_with(|| format!("{what} ({})", answer.status));
            }
        }
    }

    /// What differs from the table.
    pub fn wrong(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let lines = table::lines(SIGHTINGS);
        let known: Vec<&str> = lines.iter().map(|line| line.words[0]).collect();
        let mut wrong = Vec::new();
        for name in self.canaries.keys().filter(|name| !known.contains(name)) {
            wrong.push(format!("no line tells who may see {name}"));
        }
        for line in &lines {
            let name = line.words[0];
            for caller in Caller::ALL {
                let found = self.canaries.get_key_value(name);
                let found = found.and_then(|(name, _)| seen.get(&(caller, *name)));
                match (line.cell(caller), found) {
                    ("y", None) => wrong.push(format!("{} never sees {name}", caller.word())),
                    ("-", Some(place)) => {
                        wrong.push(format!("{} sees {name} in {place}", caller.word()));
                    }
                    _ => {}
                }
            }
        }
        wrong
    }
}
