//! What a comparison found.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

/// Why a comparison is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The process has started.
    Start,
    /// It was time again.
    Schedule,
    /// NATS was away.
    Reconnected,
    /// The stream, or the durable on it, was made anew.
    MadeAnew,
    /// Events went before the consumer had them.
    Trimmed,
    /// The stream has lost events that it had.
    Damaged,
    /// To see whether what was missing has arrived.
    FollowUp,
    /// The last one failed.
    Retry,
    /// Somebody asked.
    Command,
}

/// What one owner's outbox tells about a consumer; aggregates, unless said otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Compared.
    pub compared: u64,
    /// Missing in the consumer, and said again.
    pub missing: u64,
    /// Events that were queued for that.
    pub republished: u64,
    /// Missing, and gone from the outbox by its retention: a snapshot is needed.
    pub beyond: u64,
    /// Missing because an event lies among the dead letters.
    pub dead: u64,
}

/// How a comparison ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing is missing that an owner could still say.
    Whole,
    /// Something was missing, and was said again.
    Missing,
    /// Not every owner could be compared with.
    Failed,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }
}

/// What a consumer's comparison with all of its owners found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The consumer.
    pub consumer: &'static str,
    /// Why.
    pub reason: Reason,
    /// How long it took.
    pub seconds: f64,
    /// By owner.
    pub owners: BTreeMap<&'static str, Findings>,
    /// Owners that could not be compared with, and why.
    pub failed: BTreeMap<&'static str, String>,
    /// Rows and figures that were kept otherwise than ticket tells, and were healed; none when they
    /// were not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healed: Option<u64>,
}

impl Report {
    /// Everything together.
    pub fn total(&self) -> Findings {
        let sum = |total: Findings, found: &Findings| Findings {
            compared: total.compared + found.compared,
            missing: total.missing + found.missing,
            republished: total.republished + found.republished,
            beyond: total.beyond + found.beyond,
            dead: total.dead + found.dead,
        };
        self.owners.values().fold(Findings::default(), sum)
    }

    /// Every owner was compared with, and nothing is missing that it could still say.
    pub fn is_whole(&self) -> bool {
        self.outcome() == Outcome::Whole
    }

    /// How it ended.
    pub(crate) fn outcome(&self) -> Outcome {
        if !self.failed.is_empty() {
            Outcome::Failed
        } else if self.total().missing > 0 {
            Outcome::Missing
        } else {
            Outcome::Whole
        }
    }
}

/// One JSON object.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&json)
    }
}
