//! The answer on the standard output: as JSON for scripts, as lines for people.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use crate::failure::{Failure, Result};

/// Prints the value as JSON, or what `lines` makes of it.
///
/// # Errors
/// Nobody reads the output.
pub fn answer(as_json: bool, value: &Value, lines: impl FnOnce(&Value) -> Vec<String>) -> Result {
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{value}")?;
    } else {
        for line in lines(value) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// Tells people something beside the answer.
pub fn note(words: &str) {
    drop(writeln!(io::stderr(), "{words}"));
}

/// Tells why it did not work.
pub fn complain(failure: &Failure, as_json: bool) {
    let words = failure.to_string();
    if as_json {
        note(&json!({ "error": words, "kind": failure.kind.word() }).to_string());
    } else {
        note(&format!("error: {words}"));
    }
}

/// A field as people read it: text without quotes, nothing for null.
pub fn field(row: &Value, name: &str) -> String {
    match &row[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Rows as a table of these columns.
pub fn table(rows: &[Value], columns: &[&str]) -> Vec<String> {
    let head = columns.iter().map(|name| name.to_uppercase()).collect();
    let cells = rows
        .iter()
        .map(|row| columns.iter().map(|name| field(row, name)).collect());
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(cells).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| lines.iter().map(|line| line[at].chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    let padded = |line: Vec<String>| {
        let cells = line.iter().zip(&widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        line.join("  ").trim_end().to_owned()
    };
    lines.into_iter().map(padded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_says_nothing_for_null() {
        let rows = [
            json!({"id": 7, "name": "Production"}),
            json!({"id": 12, "name": null}),
        ];
        assert_eq!(
            table(&rows, &["id", "name"]),
            ["ID  NAME", "7   Production", "12  -"]
        );
    }
}
