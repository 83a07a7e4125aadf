//! One figure beside its yardstick and its goal.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// So many times the yardstick, or more.
    RatioAtLeast(f64),
    /// So many times the yardstick, or less.
    RatioAtMost(f64),
    /// So much, or more.
    AtLeast(f64),
    /// Less than this.
    Below(f64),
}

/// One figure with its yardstick and goal, where it has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was measured.
    pub name: String,
    /// Its unit.
    pub unit: Cow<'static, str>,
    /// Our figure.
    pub ours: f64,
    /// The yardstick's.
    pub yardstick: Option<f64>,
    /// Ours by the yardstick's.
    pub ratio: Option<f64>,
    /// In words.
    pub goal: Option<String>,
    /// The goal as a figure.
    pub limit: Option<Limit>,
    /// Whether it was met.
    pub met: Option<bool>,
}

impl Verdict {
    /// A figure without a yardstick.
    pub fn alone(name: impl Into<String>, unit: &'static str, ours: f64) -> Self {
        Self {
            name: name.into(),
            unit: unit.into(),
            ours,
            yardstick: None,
            ratio: None,
            goal: None,
            limit: None,
            met: None,
        }
    }

    /// A figure beside another of the same unit.
    pub fn beside(name: impl Into<String>, unit: &'static str, ours: f64, yardstick: f64) -> Self {
        Self {
            yardstick: Some(yardstick),
            ratio: (yardstick > 0.0).then(|| ours / yardstick),
            ..Self::alone(name, unit, ours)
        }
    }

    /// The goal: so many times the yardstick, or more.
    #[must_use]
    pub fn with_ratio_of(self, least: f64) -> Self {
        let met = self.ratio.map(|ratio| ratio >= least);
        self.with(Limit::RatioAtLeast(least), &format!("≥ {least} ×"), met)
    }

    /// The goal: so many times the yardstick, or less.
    #[must_use]
    pub fn with_ratio_up_to(self, most: f64) -> Self {
        let met = self.ratio.map(|ratio| ratio <= most);
        self.with(Limit::RatioAtMost(most), &format!("≤ {most} ×"), met)
    }

    /// The goal: so much, or more.
    #[must_use]
    pub fn of_at_least(self, least: f64) -> Self {
        let (met, goal) = (self.ours >= least, format!("≥ {least} {}", self.unit));
        self.with(Limit::AtLeast(least), &goal, Some(met))
    }

    /// The goal: less than this.
    #[must_use]
    pub fn of_at_most(self, most: f64) -> Self {
        let (met, goal) = (self.ours < most, format!("< {most} {}", self.unit));
        self.with(Limit::Below(most), &goal, Some(met))
    }

    fn with(mut self, limit: Limit, goal: &str, met: Option<bool>) -> Self {
        self.limit = Some(limit);
        self.goal = Some(goal.trim_end().to_owned());
        self.met = met;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_met_or_missed() {
        let ratio = Verdict::beside("x", "/s", 30.0, 100.0);
        let alone = Verdict::alone("x", "s", 2.5);
        for (verdict, met, goal) in [
            (ratio.clone(), None, None),
            (
                ratio.clone().with_ratio_of(0.25),
                Some(true),
                Some("≥ 0.25 ×"),
            ),
            (
                ratio.clone().with_ratio_of(0.6),
                Some(false),
                Some("≥ 0.6 ×"),
            ),
            (
                ratio.clone().with_ratio_up_to(0.6),
                Some(true),
                Some("≤ 0.6 ×"),
            ),
            (ratio.with_ratio_up_to(0.15), Some(false), Some("≤ 0.15 ×")),
            (alone.clone().of_at_most(2.0), Some(false), Some("< 2 s")),
            (alone.of_at_least(2.0), Some(true), Some("≥ 2 s")),
            (
                Verdict::alone("x", "", 0.0).of_at_most(1.0),
                Some(true),
                Some("< 1"),
            ),
        ] {
            assert_eq!(
                (verdict.met, verdict.goal.as_deref()),
                (met, goal),
                "{verdict:?}"
            );
        }
    }

    #[test]
    fn beside_nothing_there_is_no_ratio() {
        let verdict = Verdict::beside("x", "/s", 30.0, 0.0).with_ratio_of(0.5);
        assert_eq!((verdict.ratio, verdict.met), (None, None));
    }
}
