//! A report as a table for spreadsheets.

use std::io;

use axum::body::Body;
use bytes::Bytes;
use desk_http::fields::Day;
use futures::stream;

/// Lines encoded at once.
const LINES: usize = 100;

/// A report that can be told in lines.
pub(super) trait Sheet {
    /// The file's name, without its ending.
    const NAME: &'static str;
    /// The first line.
    const COLUMNS: &'static [&'static str];

    /// The other lines, each with a cell a column.
    fn lines(self) -> impl Iterator<Item = Vec<Cell>> + Send + 'static;
}

/// One cell's text. Text that people wrote becomes one by `From`, which takes care of formulas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell(String);

impl Cell {
    /// A word of ours.
    pub(super) fn word(word: &'static str) -> Self {
        Self(word.to_owned())
    }
}

impl From<i64> for Cell {
    fn from(count: i64) -> Self {
        Self(count.to_string())
    }
}

impl From<f64> for Cell {
    fn from(figure: f64) -> Self {
        Self(format!("{figure:.1}"))
    }
}

impl From<Day> for Cell {
    fn from(day: Day) -> Self {
        Self(day.to_string())
    }
}

/// Spreadsheets take a cell that begins with one of these, perhaps after blanks, for a formula,
/// quoted or not: an apostrophe in front makes it text.
impl From<String> for Cell {
    fn from(text: String) -> Self {
        let formula = text.starts_with(['\t', '\r', '\n'])
            || text
                .trim_start()
                .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
        Self(if formula { format!("'{text}") } else { text })
    }
}

/// Nothing is an empty cell.
impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(|| Self(String::new()), Into::into)
    }
}

/// The sheet as CSV (RFC 4180), encoded as the client reads it. The rows are here already: a client
/// that reads slowly holds no connection of the database.
pub(super) fn body<T: Sheet>(sheet: T) -> Body {
    let head = T::COLUMNS.iter().map(|name| Cell::word(name)).collect();
    let mut lines = std::iter::once(head).chain(sheet.lines());
    let chunks = std::iter::from_fn(move || {
        let chunk: Vec<Vec<Cell>> = lines.by_ref().take(LINES).collect();
        (!chunk.is_empty()).then(|| encode(&chunk))
    });
    Body::from_stream(stream::iter(chunks))
}

fn encode(lines: &[Vec<Cell>]) -> io::Result<Bytes> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for line in lines {
        writer.write_record(line.iter().map(|cell| cell.0.as_bytes()))?;
    }
    let text = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for (text, cell) in [
            ("NaijaHomes", "NaijaHomes"),
            ("a=b", "a=b"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("\t1", "'\t1"),
            ("\r=1", "'\r=1"),
            ("＝1", "'＝1"),
        ] {
            assert_eq!(Cell::from(text.to_owned()).0, cell, "{text:?}");
        }
    }

    #[test]
    fn figures_are_plain() {
        assert_eq!(Cell::from(-3).0, "-3");
        assert_eq!(Cell::from(312.0).0, "312.0");
        assert_eq!(Cell::from(None::<f64>).0, "");
    }

    struct Many(i64);

    impl Sheet for Many {
        const NAME: &'static str = "many";
        const COLUMNS: &'static [&'static str] = &["n", "text"];

        fn lines(self) -> impl Iterator<Item = Vec<Cell>> + Send + 'static {
            (0..self.0).map(|n| vec![n.into(), Cell::from("a, \"b\"".to_owned())])
        }
    }

    #[tokio::test]
    async fn every_line_is_there_once() {
        for count in [0_usize, 1, 99, 100, 101, 250] {
            let sheet = Many(i64::try_from(count).unwrap());
            let bytes = to_bytes(body(sheet), 1_000_000).await.unwrap();
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let lines: Vec<&str> = text.split_terminator("\r\n").collect();
            assert_eq!(lines.len(), count + 1);
            assert_eq!(lines[0], "n,text");
            for (n, line) in lines.iter().skip(1).enumerate() {
                assert_eq!(*line, format!("{n},\"a, \"\"b\"\"\""));
            }
        }
    }

    proptest! {
        #[test]
        fn a_sheet_is_read_as_it_was_written_and_has_no_formula(
            rows in vec(vec("([=+@,\"'\t\r\n -]|\\PC){0,6}", 3), 1..5),
        ) {
            let cells = |row: &Vec<String>| row.iter().cloned().map(Cell::from).collect();
            let lines: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
            let text = encode(&lines).unwrap();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&text[..]);
            let read: Vec<Vec<String>> = reader.deserialize().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(read.len(), rows.len());
            for (text, cell) in rows.iter().flatten().zip(read.iter().flatten()) {
                prop_assert!(cell == text || cell.strip_prefix('\'') == Some(text.as_str()));
                prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{:?}", cell);
            }
        }
    }
}
