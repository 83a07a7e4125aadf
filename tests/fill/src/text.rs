//! Rows as `COPY` reads them: tabs between fields, a line a row.

use std::fmt::Write as _;

use time::OffsetDateTime;

/// Rows of one table.
#[derive(Debug, Default)]
pub struct Rows {
    text: String,
    fresh: bool,
}

impl Rows {
    /// Begins a row.
    pub fn row(&mut self) -> &mut Self {
        self.fresh = true;
        self
    }

    /// Ends it.
    pub fn end(&mut self) {
        self.text.push('\n');
    }

    /// A field of text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.separate();
        for letter in text.chars() {
            match letter {
                '\\' => self.text.push_str(r"\\"),
                '\n' => self.text.push_str(r"\n"),
                '\r' => self.text.push_str(r"\r"),
                '\t' => self.text.push_str(r"\t"),
                other => self.text.push(other),
            }
        }
        self
    }

    /// A field that needs no escaping.
    pub fn plain(&mut self, value: impl std::fmt::Display) -> &mut Self {
        self.separate();
        // Writing to a string does not fail.
        let _ = write!(self.text, "{value}");
        self
    }

    /// Such a field, or null.
    pub fn maybe(&mut self, value: Option<impl std::fmt::Display>) -> &mut Self {
        match value {
            Some(value) => self.plain(value),
            None => self.plain(r"\N"),
        }
    }

    /// A time.
    pub fn time(&mut self, time: OffsetDateTime) -> &mut Self {
        let (date, hms) = (time.date(), time.time());
        self.plain(format_args!("{date} {hms}+00"))
    }

    /// A time, or null.
    pub fn maybe_time(&mut self, time: Option<OffsetDateTime>) -> &mut Self {
        match time {
            Some(time) => self.time(time),
            None => self.plain(r"\N"),
        }
    }

    /// The text so far, leaving nothing.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text).into_bytes()
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.fresh) {
            self.text.push('\t');
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_would_end_a_field_is_escaped() {
        let mut rows = Rows::default();
        let row = rows.row().text("a\tb\n\\").plain(7).maybe(None::<i64>);
        row.time(datetime!(2026-01-02 03:04:05.000006 UTC)).end();
        let text = String::from_utf8(rows.take()).unwrap();
        assert_eq!(text, "a\\tb\\n\\\\\t7\t\\N\t2026-01-02 3:04:05.000006+00\n");
        assert_eq!(rows.take(), b"");
    }
}
