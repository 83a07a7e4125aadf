//! What the commands print: one line a step, with a spinner while it lasts on a terminal. Output
//! that cannot be written (a closed terminal) is dropped: stopping in order matters more.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
    sync::LazyLock,
    time::{Duration, Instant},
};

use console::{Color, Style, style};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// All spinners, so that lines and other spinners find their place around them.
static SPINNERS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Prints a line.
pub fn line(text: impl Display) {
    SPINNERS.suspend(|| drop(writeln!(io::stdout().lock(), "{text}")));
}

/// Prints a headline.
pub fn headline(text: impl Display) {
    line(style(text).bold());
}

/// Prints an error with its causes, in one line each.
pub fn error(error: &anyhow::Error) {
    let mut out = io::stderr().lock();
    drop(writeln!(
        out,
        "{} {error}",
        style("error:").red().bold().for_stderr()
    ));
    for cause in error.chain().skip(1) {
        drop(writeln!(out, "  because {cause}"));
    }
}

/// Prints a hint that is no error.
pub fn note(text: impl Display) {
    drop(writeln!(
        io::stderr().lock(),
        "{} {text}",
        style("note:").yellow().for_stderr()
    ));
}

/// Something that takes a while.
#[derive(Debug)]
pub struct Step {
    what: String,
    since: Instant,
    spinner: Option<ProgressBar>,
}

/// Starts a step; on a terminal a spinner shows that it goes on.
pub fn step(what: impl Into<String>) -> Step {
    let what = what.into();
    let spinner = io::stdout().is_terminal().then(|| {
        let bar = SPINNERS.add(ProgressBar::new_spinner());
        if let Ok(look) = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}") {
            bar.set_style(look);
        }
        bar.set_message(what.clone());
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    });
    Step {
        what,
        since: Instant::now(),
        spinner,
    }
}

impl Step {
    /// Ends it well.
    pub fn done(self, result: impl Display) {
        let took = duration(self.since.elapsed());
        let line_text = format!(
            "{} {}: {result} {}",
            style("✓").green(),
            self.what,
            style(took).dim()
        );
        self.clear();
        line(line_text);
    }

    /// Changes what the spinner says.
    pub fn now(&self, what: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(format!("{}: {what}", self.what));
        }
    }

    fn clear(&self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.clear();
    }
}

/// `850 ms`, `12.3 s`, `2 min 05 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match time.as_millis() {
        0..1000 => format!("{} ms", time.as_millis()),
        1000..60_000 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// A process's own colour, so that its lines are found by eye.
pub fn colour(index: usize) -> Style {
    const COLOURS: [Color; 10] = [
        Color::Cyan,
        Color::Magenta,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Color256(208),
        Color::Color256(141),
        Color::Color256(37),
        Color::Color256(244),
        Color::Color256(109),
    ];
    Style::new().fg(COLOURS[index % COLOURS.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        for (time, text) in [
            (Duration::from_millis(850), "850 ms"),
            (Duration::from_millis(12_340), "12.3 s"),
            (Duration::from_secs(125), "2 min 05 s"),
        ] {
            assert_eq!(duration(time), text);
        }
    }
}
