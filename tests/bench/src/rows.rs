//! Rows of any statement as JSON, written straight into the answer.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, value::RawValue};
use sqlx::{
    Column as _, Row as _, TypeInfo as _, ValueRef as _,
    postgres::{PgColumn, PgRow},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// An object of named lists of rows.
///
/// # Errors
/// When a column has a type that no statement of the service answers with.
pub fn object(parts: &[(&str, &[PgRow])]) -> Result<Vec<u8>> {
    let mut json = Vec::with_capacity(4_096);
    json.push(b'{');
    for (place, (name, rows)) in parts.iter().enumerate() {
        comma(&mut json, place);
        string(&mut json, name)?;
        json.extend_from_slice(b":[");
        for (place, row) in rows.iter().enumerate() {
            comma(&mut json, place);
            write_row(&mut json, row)?;
        }
        json.push(b']');
    }
    json.push(b'}');
    Ok(json)
}

fn write_row(json: &mut Vec<u8>, row: &PgRow) -> Result<()> {
    json.push(b'{');
    for (place, column) in row.columns().iter().enumerate() {
        comma(json, place);
        string(json, plain_name(column.name()))?;
        json.push(b':');
        write_value(json, row, place, column)?;
    }
    json.push(b'}');
    Ok(())
}

fn write_value(json: &mut Vec<u8>, row: &PgRow, place: usize, column: &PgColumn) -> Result<()> {
    if row.try_get_raw(place)?.is_null() {
        json.extend_from_slice(b"null");
        return Ok(());
    }
    match column.type_info().name() {
        "TEXT" => string(json, row.try_get(place)?)?,
        "INT8" => number(json, row.try_get::<i64, _>(place)?),
        "INT2" => number(json, row.try_get::<i16, _>(place)?.into()),
        "INT4" => number(json, row.try_get::<i32, _>(place)?.into()),
        "INT8[]" => serde_json::to_writer(json, &row.try_get::<Vec<i64>, _>(place)?)?,
        "BOOL" => json.extend_from_slice(if row.try_get(place)? {
            b"true"
        } else {
            b"false"
        }),
        "TIMESTAMPTZ" => {
            let time: OffsetDateTime = row.try_get(place)?;
            string(json, &time.format(&Rfc3339)?)?;
        }
        "JSONB" => {
            let value: sqlx::types::Json<Box<RawValue>> = row.try_get(place)?;
            json.extend_from_slice(value.get().as_bytes());
        }
        other => bail!("a column of type {other}"),
    }
    Ok(())
}

/// Without what only the checked query macros read: `status: Word<Status>`, `name!`.
fn plain_name(name: &str) -> &str {
    name.split([':', '!', '?']).next().unwrap_or(name)
}

fn comma(json: &mut Vec<u8>, place: usize) {
    if place > 0 {
        json.push(b',');
    }
}

fn string(json: &mut Vec<u8>, text: &str) -> Result<()> {
    serde_json::to_writer(json, text).context("text as JSON")
}

fn number(json: &mut Vec<u8>, number: i64) {
    json.extend_from_slice(Value::from(number).to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_is_for_the_macros() {
        for (name, plain) in [
            ("status: Word<Status>", "status"),
            ("project_name!", "project_name"),
            ("assignee_name?", "assignee_name"),
            ("id", "id"),
        ] {
            assert_eq!(plain_name(name), plain);
        }
    }

    #[test]
    fn no_rows_are_empty_lists() {
        assert_eq!(
            object(&[("a", &[]), ("b", &[])]).unwrap(),
            br#"{"a":[],"b":[]}"#
        );
    }
}
