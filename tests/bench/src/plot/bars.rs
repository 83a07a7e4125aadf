//! Bars of ratios, each with the mark of its goal.

use anyhow::Result;
use plotters::{
    coord::Shift,
    prelude::{
        DrawingArea, IntoDrawingArea as _, PathElement, RGBColor, Rectangle, SVGBackend, Text,
    },
    style::{
        Color as _, IntoFont as _, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{FONT, GRID, INK, PAPER, WIDTH, figure, round_up, themed};

const MET: RGBColor = RGBColor(46, 122, 196);
const MISSED: RGBColor = RGBColor(214, 57, 63);
const WITHOUT_GOAL: RGBColor = RGBColor(127, 132, 138);
const TITLE: i32 = 62;
/// The title of a group, and the figures of its axis below it.
const HEAD: i32 = 34;
const FOOT: i32 = 30;
const ROW: i32 = 24;
/// Names to the left of the bars, figures to their right.
const LEFT: i32 = 330;
const RIGHT: i32 = 70;
const STEPS: u32 = 4;

/// What a ratio should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
}

impl Goal {
    /// The figure.
    pub fn mark(self) -> f64 {
        match self {
            Self::AtLeast(mark) | Self::AtMost(mark) => mark,
        }
    }

    /// Whether this ratio is good enough.
    pub fn met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(mark) => ratio >= mark,
            Self::AtMost(mark) => ratio <= mark,
        }
    }
}

/// One ratio.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What was measured.
    pub name: String,
    /// Ours to the yardstick's.
    pub ratio: f64,
    /// What it should be, if anything.
    pub goal: Option<Goal>,
}

/// Bars that share an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What they have in common, and what the ratio is of.
    pub title: String,
    /// The bars, from top to bottom.
    pub bars: Vec<Bar>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the groups under each other, each on an axis of its own.
///
/// # Errors
/// When the drawing library cannot.
pub fn picture(title: &str, groups: &[Group]) -> Result<String> {
    let mut heights = Vec::with_capacity(groups.len());
    for group in groups {
        heights.push(HEAD + FOOT + ROW * i32::try_from(group.bars.len())?);
    }
    let height = TITLE + heights.iter().sum::<i32>();
    let mut svg = String::new();
    {
        let size = (WIDTH, u32::try_from(height)?);
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&PAPER)?;
        area.draw(&Text::new(
            title,
            (20, 14),
            (FONT, 18).into_font().color(&INK),
        ))?;
        legend(&area)?;
        let mut top = TITLE;
        for (group, height) in groups.iter().zip(heights) {
            draw(&area, group, top)?;
            top += height;
        }
        area.present()?;
    }
    Ok(themed(&svg))
}

fn legend(area: &Area<'_>) -> Result<()> {
    let entries = [
        (MET, "goal met"),
        (MISSED, "goal missed"),
        (WITHOUT_GOAL, "no goal"),
    ];
    for ((colour, name), x) in entries.iter().zip((20_i32..).step_by(110)) {
        area.draw(&Rectangle::new([(x, 44), (x + 12, 56)], colour.filled()))?;
        area.draw(&Text::new(*name, (x + 18, 44), small(HPos::Left)))?;
    }
    area.draw(&PathElement::new(
        [(356, 42), (356, 58)],
        INK.stroke_width(3),
    ))?;
    area.draw(&Text::new("goal", (364, 44), small(HPos::Left)))?;
    Ok(())
}

fn draw(area: &Area<'_>, group: &Group, top: i32) -> Result<()> {
    let heading = (FONT, 14).into_font().color(&INK);
    area.draw(&Text::new(group.title.as_str(), (20, top + 10), heading))?;
    let end = end(&group.bars);
    let first = top + HEAD;
    let bottom = first + ROW * i32::try_from(group.bars.len())?;
    for step in 0..=STEPS {
        let value = end * f64::from(step) / f64::from(STEPS);
        let x = place(value, end);
        area.draw(&PathElement::new([(x, first), (x, bottom)], GRID))?;
        area.draw(&Text::new(
            figure(value),
            (x, bottom + 5),
            small(HPos::Center),
        ))?;
    }
    for (bar, y) in group.bars.iter().zip((first..).step_by(24)) {
        draw_bar(area, bar, y, end)?;
    }
    Ok(())
}

fn draw_bar(area: &Area<'_>, bar: &Bar, y: i32, end: f64) -> Result<()> {
    let colour = match bar.goal {
        Some(goal) if goal.met(bar.ratio) => MET,
        Some(_) => MISSED,
        None => WITHOUT_GOAL,
    };
    let x = place(bar.ratio, end);
    area.draw(&Rectangle::new(
        [(place(0.0, end), y + 5), (x, y + 19)],
        colour.filled(),
    ))?;
    area.draw(&Text::new(
        bar.name.as_str(),
        (LEFT - 10, y + 6),
        small(HPos::Right),
    ))?;
    let mut told = x;
    if let Some(goal) = bar.goal {
        let mark = place(goal.mark(), end);
        area.draw(&PathElement::new(
            [(mark, y + 2), (mark, y + 22)],
            INK.stroke_width(3),
        ))?;
        // The figure stands clear of a mark just beyond the bar's end.
        if (told..told + 40).contains(&mark) {
            told = mark;
        }
    }
    let value = format!("{} ×", figure(bar.ratio));
    area.draw(&Text::new(value, (told + 6, y + 6), small(HPos::Left)))?;
    Ok(())
}

/// Where the axis ends: all bars and marks have room, but a bar far beyond every goal is cut, so
/// that the others can be seen.
fn end(bars: &[Bar]) -> f64 {
    let ratios = bars.iter().map(|bar| bar.ratio).fold(0.0, f64::max);
    let marks = bars
        .iter()
        .filter_map(|bar| bar.goal)
        .map(Goal::mark)
        .fold(0.0, f64::max);
    let most = if marks > 0.0 {
        ratios.min(marks * 3.0).max(marks * 1.1)
    } else {
        ratios
    };
    round_up(most)
}

/// The pixel of a value.
fn place(value: f64, end: f64) -> i32 {
    let room = i32::try_from(WIDTH).unwrap_or(i32::MAX) - LEFT - RIGHT;
    let share = (value / end).clamp(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share of the picture's width"
    )]
    let pixels = (share * f64::from(room)).round() as i32;
    LEFT + pixels
}

fn small(side: HPos) -> TextStyle<'static> {
    (FONT, 12)
        .into_font()
        .color(&INK)
        .pos(Pos::new(side, VPos::Top))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(ratio: f64, goal: Option<Goal>) -> Bar {
        Bar {
            name: "create".to_owned(),
            ratio,
            goal,
        }
    }

    #[test]
    fn a_goal_is_met_on_its_own_side() {
        for (goal, ratio, met) in [
            (Goal::AtLeast(0.5), 0.5, true),
            (Goal::AtLeast(0.5), 0.49, false),
            (Goal::AtMost(3.0), 3.0, true),
            (Goal::AtMost(3.0), 3.1, false),
        ] {
            assert_eq!(goal.met(ratio), met, "{goal:?} {ratio}");
        }
    }

    #[test]
    fn the_axis_has_room_for_goals_and_cuts_what_is_far_beyond() {
        let goal = |mark| Some(Goal::AtMost(mark));
        for (bars, to) in [
            (vec![], 1.0),
            (vec![bar(0.4, None)], 0.4),
            (vec![bar(0.4, goal(1.0))], 1.5),
            (vec![bar(2.0, goal(1.0))], 2.0),
            (vec![bar(90.0, goal(1.0))], 3.0),
        ] {
            assert!((end(&bars) - to).abs() < 1e-9, "{bars:?}: {}", end(&bars));
        }
        assert_eq!(place(0.0, 2.0), LEFT);
        assert_eq!(place(9.0, 2.0), place(2.0, 2.0));
    }

    #[test]
    fn each_bar_has_its_name_its_figure_and_its_colour() {
        let group = Group {
            title: "Rates".to_owned(),
            bars: vec![bar(0.8, Some(Goal::AtLeast(0.5))), bar(0.3, None)],
        };
        let svg = picture("Bench", &[group]).unwrap();
        for text in ["Bench", "Rates", "create", "0.8 ×", "0.3 ×", "goal met"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text}: {svg}");
        }
        assert_eq!(
            svg.matches("#2E7AC4").count(),
            2,
            "the legend's and one bar's"
        );
        assert_eq!(svg.matches("#D6393F").count(), 1, "the legend's alone");
    }
}
