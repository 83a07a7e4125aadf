//! Pictures of measurements, as SVG: lines over time, and bars of ratios beside their goals.
//!
//! They are looked at on light and on dark pages, so a picture brings its own paper and swaps it for
//! a dark one by the reader's preference. Fonts are the reader's.

pub mod bars;
pub mod lines;

use plotters::style::RGBColor;

const PAPER: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(36, 41, 47);
const GRID: RGBColor = RGBColor(223, 227, 232);
const FONT: &str = "sans-serif";
/// Pixels of a picture.
const WIDTH: u32 = 960;

/// The same colours on dark paper. Each is told by the attributes that the backend writes.
const STYLE: &str = r##"<style>
@media (prefers-color-scheme: dark) {
  [fill="#FFFFFF"] { fill: #0D1117 }
  [fill="#24292F"] { fill: #D7DEE5 }
  [stroke="#24292F"] { stroke: #D7DEE5 }
  [stroke="#DFE3E8"] { stroke: #2B323B }
}
</style>"##;

/// Lets the picture follow the reader's preference.
fn themed(svg: &str) -> String {
    match svg.split_once(">\n") {
        Some((opening, rest)) => format!("{opening}>\n{STYLE}\n{rest}"),
        None => svg.to_owned(),
    }
}

/// A round figure at or above this one, so that an axis ends on a label.
fn round_up(most: f64) -> f64 {
    if most <= 0.0 || !most.is_finite() {
        return 1.0;
    }
    let unit = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let round = steps.iter().map(|step| step * unit);
    round
        .into_iter()
        .find(|step| *step >= most * (1.0 - 1e-9))
        .unwrap_or(most)
}

/// As few digits as tell it: `1500`, `12.5`, `0.25`.
fn figure(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_on_a_round_figure() {
        for (most, end) in [
            (0.0, 1.0),
            (0.3, 0.3),
            (7.1, 8.0),
            (100.0, 100.0),
            (101.0, 150.0),
            (2_300.0, 2_500.0),
        ] {
            assert!((round_up(most) - end).abs() < 1e-9, "{most}");
        }
    }

    #[test]
    fn figures_have_no_idle_digits() {
        for (value, text) in [
            (0.0, "0"),
            (1_500.4, "1500"),
            (100.0, "100"),
            (12.5, "12.5"),
            (20.0, "20"),
            (0.25, "0.25"),
            (0.004, "0.004"),
        ] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn the_style_stands_inside_of_the_picture() {
        let svg = themed("<svg width=\"1\">\n<rect/>\n</svg>\n");
        assert!(svg.starts_with("<svg width=\"1\">\n<style>"), "{svg}");
        assert!(svg.ends_with("<rect/>\n</svg>\n"), "{svg}");
    }
}
