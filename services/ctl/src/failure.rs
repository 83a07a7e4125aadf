//! Why a command did not do what it was told, as scripts see it.

use std::{fmt, io, process::ExitCode};

use reqwest::StatusCode;

/// What every command answers.
pub type Result<T = ()> = std::result::Result<T, Failure>;

/// The kinds of failures. Each has an exit code, which stays what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 1: it did not work, or the desk refuses it.
    Failed,
    /// 2: the command line, or a setting that it needs.
    Usage,
    /// 3: not logged in, or not allowed.
    NotAllowed,
    /// 4: there is no such thing.
    NotFound,
    /// 5: done, and something is not as it should be: differences, letters that failed again.
    Differs,
    /// 6: the desk, or a service's program, is out of reach or busy; try again.
    Unreachable,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotAllowed => 3,
            Self::NotFound => 4,
            Self::Differs => 5,
            Self::Unreachable => 6,
        }
    }

    /// The word that `--json` prints.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotAllowed => "not_allowed",
            Self::NotFound => "not_found",
            Self::Differs => "differs",
            Self::Unreachable => "unreachable",
        }
    }
}

/// A failure, with a sentence for people. Never holds a secret.
#[derive(Debug)]
pub struct Failure {
    /// What kind.
    pub kind: Kind,
    words: String,
}

impl Failure {
    /// Of a kind.
    pub fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self {
            kind,
            words: words.into(),
        }
    }

    /// It did not work.
    pub fn failed(words: impl Into<String>) -> Self {
        Self::new(Kind::Failed, words)
    }

    /// The command line is wrong.
    pub fn usage(words: impl Into<String>) -> Self {
        Self::new(Kind::Usage, words)
    }

    /// What an answer that is no success means.
    pub fn answered(status: StatusCode, words: impl Into<String>) -> Self {
        let kind = match status.as_u16() {
            401 | 403 => Kind::NotAllowed,
            404 => Kind::NotFound,
            429 | 502..=504 => Kind::Unreachable,
            _ => Kind::Failed,
        };
        Self::new(kind, words)
    }

    /// The process's exit code.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stay_what_they_are() {
        for (kind, code) in [
            (Kind::Failed, 1),
            (Kind::Usage, 2),
            (Kind::NotAllowed, 3),
            (Kind::NotFound, 4),
            (Kind::Differs, 5),
            (Kind::Unreachable, 6),
        ] {
            assert_eq!(kind.code(), code, "{kind:?}");
        }
    }

    #[test]
    fn an_answer_says_what_kind_of_failure_it_is() {
        for (status, kind) in [
            (401, Kind::NotAllowed),
            (403, Kind::NotAllowed),
            (404, Kind::NotFound),
            (409, Kind::Failed),
            (422, Kind::Failed),
            (429, Kind::Unreachable),
            (500, Kind::Failed),
            (503, Kind::Unreachable),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Failure::answered(status, "").kind, kind, "{status}");
        }
    }
}
