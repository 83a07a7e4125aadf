//! The very statements of the ticket service, from the query data that it is checked with: what
//! the yardsticks run is what the service runs.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use xtask::paths;

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its text, with `$1` and so on.
    pub text: String,
    /// The types of its parameters, e.g. `Int8Array`.
    pub parameters: Vec<String>,
}

/// All statements of the service.
#[derive(Debug)]
pub struct Statements(Vec<Statement>);

#[derive(Deserialize)]
struct File {
    query: String,
    describe: Describe,
}

#[derive(Deserialize)]
struct Describe {
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "Left", default)]
    left: Vec<String>,
}

impl Statements {
    /// Reads the ticket service's.
    ///
    /// # Errors
    /// When the checkout has none.
    pub fn of_ticket() -> Result<Self> {
        Self::read(&paths::root().join("services/ticket/.sqlx"))
    }

    fn read(folder: &Path) -> Result<Self> {
        let entries = fs::read_dir(folder)
            .with_context(|| format!("no query data in {}", folder.display()))?;
        let mut statements = Vec::new();
        for entry in entries {
            let text = fs::read_to_string(entry?.path())?;
            let file: File = serde_json::from_str(&text).context("query data is no JSON")?;
            statements.push(Statement {
                text: file.query,
                parameters: file.describe.parameters.map_or(Vec::new(), |p| p.left),
            });
        }
        Ok(Self(statements))
    }

    /// The one statement that holds all these words.
    ///
    /// # Errors
    /// When there is none, or more than one: the service has changed, and its yardstick must.
    pub fn with(&self, words: &[&str]) -> Result<Statement> {
        let mut found = self.0.iter().filter(|statement| {
            let text = normal(&statement.text);
            words.iter().all(|words| text.contains(words))
        });
        match (found.next(), found.next()) {
            (Some(statement), None) => Ok(statement.clone()),
            (None, _) => bail!("the ticket service has no statement with {words:?}"),
            (Some(_), Some(_)) => bail!("the ticket service has several statements with {words:?}"),
        }
    }
}

/// One space between words, wherever the lines end.
fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_found_by_words_that_no_other_has() {
        let statement = |text: &str| Statement {
            text: text.into(),
            parameters: Vec::new(),
        };
        let statements = Statements(vec![
            statement("select a\n  from b"),
            statement("select a from c"),
        ]);
        assert_eq!(
            statements.with(&["a from b"]).unwrap().text,
            "select a\n  from b"
        );
        assert!(statements.with(&["select a"]).is_err());
        assert!(statements.with(&["from d"]).is_err());
    }
}
