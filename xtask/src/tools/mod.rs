//! Programs that some tests need beside the two servers. A test that needs one is `#[ignore]`d and
//! its path holds the tool's word (`with_s3`, …); where the tool cannot be had, such tests are
//! counted as skipped, never as passed.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::say;

mod checkers;
mod debian;
mod seaweed;

/// A program, or a set of programs, that tests use when they can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// An S3-compatible server.
    S3,
    /// Linters, validators and generators from the Python and Node registries.
    Checkers,
    /// Prometheus' own checker of rules and metrics.
    Promtool,
    /// The PHP interpreter with curl, for the snippets of the documentation.
    Php,
}

impl Tool {
    /// Every tool.
    pub const ALL: [Self; 4] = [Self::S3, Self::Checkers, Self::Promtool, Self::Php];

    /// What the path of a test that needs it holds.
    pub const fn word(self) -> &'static str {
        match self {
            Self::S3 => "with_s3",
            Self::Checkers => "with_checkers",
            Self::Promtool => "with_promtool",
            Self::Php => "with_php",
        }
    }

    const fn variable(self) -> &'static str {
        match self {
            Self::S3 => "SUPPORTDESK_TEST_S3_PROGRAM",
            Self::Checkers => "SUPPORTDESK_TEST_CHECKERS",
            Self::Promtool => "SUPPORTDESK_TEST_PROMTOOL",
            Self::Php => "SUPPORTDESK_TEST_PHP",
        }
    }

    fn find_or_install(self, tools: &Path) -> Result<PathBuf> {
        match self {
            Self::S3 => seaweed::find_or_install(tools),
            Self::Checkers => checkers::find_or_install(tools),
            Self::Promtool => debian::find_or_install("promtool", &["prometheus"]),
            Self::Php => debian::find_or_install("php", &["php-cli", "php-curl"]),
        }
    }
}

/// The tools that were found.
#[derive(Debug, Default)]
pub struct Tools(Vec<(Tool, PathBuf)>);

impl Tools {
    /// Finds every tool, or fetches it into `folder`; what cannot be had is said and left out.
    pub fn find_or_install(folder: &Path) -> Self {
        let found = |tool: Tool| match tool.find_or_install(folder) {
            Ok(path) => Some((tool, path)),
            Err(error) => {
                say::note(format_args!("{error:#}: tests {} are skipped", tool.word()));
                None
            }
        };
        Self(Tool::ALL.into_iter().filter_map(found).collect())
    }

    /// What tests find them by.
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, String)> {
        let pair = |(tool, path): &(Tool, PathBuf)| (tool.variable(), path.display().to_string());
        self.0.iter().map(pair)
    }

    /// The words of those that could not be had.
    pub fn missing(&self) -> Vec<&'static str> {
        let found = |tool: &Tool| self.0.iter().any(|(found, _)| found == tool);
        Tool::ALL
            .into_iter()
            .filter(|tool| !found(tool))
            .map(Tool::word)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lacks_is_named() {
        let tools = Tools(vec![(Tool::S3, "/t/weed".into())]);
        assert_eq!(
            tools.missing(),
            ["with_checkers", "with_promtool", "with_php"]
        );
        let told: Vec<_> = tools.environment().collect();
        assert_eq!(
            told,
            [("SUPPORTDESK_TEST_S3_PROGRAM", "/t/weed".to_owned())]
        );
    }
}
