//! New query data beside the committed.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A file that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    kind: Kind,
    file: String,
    query: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Missing,
    Changed,
    Leftover,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Missing => "is missing",
            Kind::Changed => "has changed",
            Kind::Leftover => "belongs to no query",
        };
        write!(f, "{} {kind}: {}", self.file, self.query)
    }
}

/// What is wrong with the committed data.
pub fn differences(new: &Path, committed: &Path) -> Result<Vec<Difference>> {
    let (new, committed) = (read(new)?, read(committed)?);
    let mut found = Vec::new();
    for (name, text) in &new {
        match committed.get(name) {
            Some(old) if old == text => {}
            Some(_) => found.push(difference(Kind::Changed, name, text)),
            None => found.push(difference(Kind::Missing, name, text)),
        }
    }
    let leftovers = committed
        .iter()
        .filter(|(name, _)| !new.contains_key(*name));
    found.extend(leftovers.map(|(name, text)| difference(Kind::Leftover, name, text)));
    Ok(found)
}

/// Makes the committed data like the new; files that are right are not touched. Answers how many
/// were not.
pub fn replace(new: &Path, committed: &Path) -> Result<usize> {
    let found = differences(new, committed)?;
    crate::paths::make(committed)?;
    for difference in &found {
        let target = committed.join(&difference.file);
        let done = match difference.kind {
            Kind::Leftover => fs::remove_file(&target),
            Kind::Missing | Kind::Changed => {
                fs::copy(new.join(&difference.file), &target).map(drop)
            }
        };
        done.with_context(|| format!("{} cannot be renewed", target.display()))?;
    }
    Ok(found.len())
}

fn difference(kind: Kind, name: &OsString, text: &[u8]) -> Difference {
    let query = serde_json::from_slice::<Value>(text)
        .ok()
        .and_then(|data| data["query"].as_str().map(first_words))
        .unwrap_or_default();
    Difference {
        kind,
        file: name.to_string_lossy().into_owned(),
        query,
    }
}

fn first_words(query: &str) -> String {
    let words: Vec<&str> = query.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(70) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn read(folder: &Path) -> Result<BTreeMap<OsString, Vec<u8>>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("{} is not readable", folder.display()));
        }
    };
    let files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files
        .into_iter()
        .filter_map(|path| Some((path.file_name()?.to_owned(), path)))
        .map(|(name, path)| Ok((name, fs::read(path)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::scratch;

    #[test]
    fn every_kind_of_staleness_is_found_and_mended() {
        let folder = scratch("compare");
        let (new, committed) = (folder.join("new"), folder.join(".sqlx"));
        fs::create_dir_all(&new).unwrap();
        fs::create_dir_all(&committed).unwrap();
        let write = |place: &Path, name: &str, sql: &str| {
            fs::write(place.join(name), format!("{{\"query\":\"{sql}\"}}")).unwrap();
        };
        write(&new, "query-a.json", "select 1");
        write(&new, "query-b.json", "select 2");
        write(&new, "query-c.json", "select 3");
        write(&committed, "query-a.json", "select 1");
        write(&committed, "query-b.json", "select 9");
        write(&committed, "query-d.json", "select 4");

        let found: Vec<String> = differences(&new, &committed)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "query-b.json has changed: select 2",
                "query-c.json is missing: select 3",
                "query-d.json belongs to no query: select 4",
            ]
        );
        assert_eq!(replace(&new, &committed).unwrap(), 3);
        assert!(differences(&new, &committed).unwrap().is_empty());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_long_query_is_cut_between_letters() {
        let words = first_words(&"é ".repeat(80));
        assert_eq!(words.chars().count(), 71);
    }
}
