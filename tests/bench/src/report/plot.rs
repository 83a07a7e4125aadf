//! The figures that have a goal as bars: ratios to yardsticks, and the rest as parts of their goal.

use anyhow::Result;

use super::{Verdict, verdict::Limit};
use crate::plot::bars::{Bar, Goal, Group, picture};

/// Draws them.
///
/// # Errors
/// When the drawing library cannot.
pub fn draw<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Result<String> {
    picture("The bench: figures and their goals", &groups(verdicts))
}

fn groups<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Vec<Group> {
    let titles = [
        "Rates, as a part of the yardstick's: more is better",
        "Times, as multiples of the yardstick's: less is better",
        "Rates, as multiples of what is asked for: more is better",
        "Times and sizes, as parts of what is allowed: less is better",
    ];
    let mut groups = titles.map(|title| Group {
        title: title.to_owned(),
        bars: Vec::new(),
    });
    for verdict in verdicts {
        if let Some((group, bar)) = bar(verdict) {
            groups[group].bars.push(bar);
        }
    }
    groups
        .into_iter()
        .filter(|group| !group.bars.is_empty())
        .collect()
}

/// The group's place and the bar; none for what has no limit or could not be compared.
fn bar(verdict: &Verdict) -> Option<(usize, Bar)> {
    let (group, ratio, goal) = match verdict.limit? {
        Limit::RatioAtLeast(least) => (0, verdict.ratio?, Goal::AtLeast(least)),
        Limit::RatioAtMost(most) => (1, verdict.ratio?, Goal::AtMost(most)),
        Limit::AtLeast(least) => (2, verdict.ours / least, Goal::AtLeast(1.0)),
        Limit::Below(most) => (3, verdict.ours / most, Goal::AtMost(1.0)),
    };
    let bar = Bar {
        name: verdict.name.clone(),
        ratio,
        goal: Some(goal),
    };
    Some((group, bar))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_with_a_goal_has_its_bar() {
        let beside = Verdict::beside("creates", "/s", 30.0, 100.0);
        let alone = Verdict::alone("breach", "ms", 20.0);
        let verdicts = [
            beside.clone(),
            beside.clone().with_ratio_of(0.5),
            alone.clone().of_at_most(80.0),
            Verdict::beside("unknown", "/s", 1.0, 0.0).with_ratio_of(0.5),
        ];
        let groups = groups(verdicts.iter());
        let bars: Vec<(&str, f64, Option<Goal>)> = (groups.iter())
            .flat_map(|group| &group.bars)
            .map(|bar| (bar.name.as_str(), bar.ratio, bar.goal))
            .collect();
        assert_eq!(
            bars,
            [
                ("creates", 0.3, Some(Goal::AtLeast(0.5))),
                ("breach", 0.25, Some(Goal::AtMost(1.0))),
            ]
        );
    }
}
