//! Lines over time, a panel a unit.

use anyhow::Result;
use plotters::{
    coord::Shift,
    prelude::{
        ChartBuilder, DrawingArea, IntoDrawingArea as _, LineSeries, PathElement, RGBColor,
        SVGBackend, Text,
    },
    style::{Color as _, IntoFont as _},
};

use super::{FONT, GRID, INK, PAPER, WIDTH, figure, round_up, themed};

/// Strong enough on white and on black; ten that most people tell apart.
const COLOURS: [RGBColor; 10] = [
    RGBColor(46, 122, 196),
    RGBColor(230, 126, 20),
    RGBColor(42, 157, 80),
    RGBColor(214, 57, 63),
    RGBColor(148, 103, 189),
    RGBColor(150, 100, 86),
    RGBColor(222, 104, 178),
    RGBColor(127, 132, 138),
    RGBColor(166, 160, 28),
    RGBColor(20, 170, 190),
];
const TITLE: u32 = 40;
const PANEL: u32 = 190;
/// The names of the lines stand beside their panel.
const LEGEND: u32 = 150;

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Whose: a name has the same colour in every panel.
    pub name: String,
    /// Minutes and values, by time.
    pub points: Vec<(f64, f64)>,
}

/// Lines of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What is seen.
    pub title: String,
    /// The unit of the values.
    pub unit: String,
    /// The lines.
    pub lines: Vec<Line>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the panels under each other, over the same minutes.
///
/// # Errors
/// When the drawing library cannot.
pub fn picture(title: &str, panels: &[Panel]) -> Result<String> {
    let mut svg = String::new();
    let panes = u32::try_from(panels.len())?.max(1);
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, TITLE + panes * PANEL));
        let area = area.into_drawing_area();
        area.fill(&PAPER)?;
        let (head, body) = area.split_vertically(TITLE);
        let font = (FONT, 18).into_font().color(&INK);
        head.draw(&Text::new(title, (20, 14), font))?;
        let names = names(panels);
        let end = last(panels);
        for (panel, area) in panels.iter().zip(body.split_evenly((panels.len(), 1))) {
            draw(&area, panel, &names, end)?;
        }
        area.present()?;
    }
    Ok(themed(&svg))
}

/// Every name once, in the order in which they are seen.
fn names(panels: &[Panel]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for line in panels.iter().flat_map(|panel| &panel.lines) {
        if !names.contains(&line.name.as_str()) {
            names.push(&line.name);
        }
    }
    names
}

/// The last minute; without any point, the first.
fn last(panels: &[Panel]) -> f64 {
    let lines = panels.iter().flat_map(|panel| &panel.lines);
    let minutes = lines.flat_map(|line| &line.points).map(|point| point.0);
    let last = minutes.fold(0.0, f64::max);
    if last > 0.0 { last } else { 1.0 }
}

fn draw(area: &Area<'_>, panel: &Panel, names: &[&str], end: f64) -> Result<()> {
    let (plot, legend) = area.split_horizontally(WIDTH - LEGEND);
    let values = panel.lines.iter().flat_map(|line| &line.points);
    let most = round_up(values.map(|point| point.1).fold(0.0, f64::max));
    let mut chart = ChartBuilder::on(&plot)
        .caption(&panel.title, (FONT, 14).into_font().color(&INK))
        .margin_left(8)
        .margin_right(16)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..end, 0.0..most)?;
    let label = (FONT, 12).into_font().color(&INK);
    chart
        .configure_mesh()
        .max_light_lines(0)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(label.clone())
        .axis_desc_style(label)
        .x_desc("minutes")
        .y_desc(&panel.unit)
        .x_label_formatter(&|value| figure(*value))
        .y_label_formatter(&|value| figure(*value))
        .y_labels(5)
        .draw()?;
    for line in &panel.lines {
        let style = colour(&line.name, names).stroke_width(2);
        chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
    }
    for (line, y) in panel.lines.iter().zip((28_i32..).step_by(15)) {
        let swatch = colour(&line.name, names).stroke_width(3);
        legend.draw(&PathElement::new([(0, y + 6), (16, y + 6)], swatch))?;
        let font = (FONT, 12).into_font().color(&INK);
        legend.draw(&Text::new(line.name.as_str(), (22, y), font))?;
    }
    Ok(())
}

fn colour(name: &str, names: &[&str]) -> RGBColor {
    let place = names.iter().position(|known| *known == name);
    COLOURS[place.unwrap_or_default() % COLOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(title: &str, names: &[&str]) -> Panel {
        let line = |name: &&str| Line {
            name: (*name).to_owned(),
            points: vec![(0.0, 1.0), (20.0, 3.5)],
        };
        Panel {
            title: title.to_owned(),
            unit: "MiB".to_owned(),
            lines: names.iter().map(line).collect(),
        }
    }

    #[test]
    fn a_name_keeps_its_colour_in_every_panel() {
        let panels = [panel("a", &["auth", "ticket"]), panel("b", &["ticket"])];
        let names = names(&panels);
        assert_eq!(names, ["auth", "ticket"]);
        assert_eq!(colour("ticket", &names), COLOURS[1]);
    }

    #[test]
    fn everything_that_explains_the_lines_is_drawn() {
        let svg = picture("Soak", &[panel("Memory", &["auth"]), panel("Empty", &[])]).unwrap();
        for text in ["Soak", "Memory", "Empty", "MiB", "minutes", "auth"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text}: {svg}");
        }
        assert_eq!(svg.matches("#2E7AC4").count(), 2, "a line and its swatch");
    }
}
