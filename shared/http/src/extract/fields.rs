//! From loosely typed fields to a checked type, with every bad field named at once.

use garde::Validate;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Details, Error, Result};

/// Passwords are taken as typed; every other string is trimmed.
const UNTRIMMED: &[&str] = &["password", "password_confirmation"];
/// Fields for which PHP's empty array stands for an empty object.
const OBJECTS: &[&str] = &["metadata", "settings"];

/// A field that does not fit: its path and why.
pub(super) struct Misfit {
    pub path: String,
    pub message: String,
}

impl<E: std::fmt::Display> From<serde_path_to_error::Error<E>> for Misfit {
    fn from(error: serde_path_to_error::Error<E>) -> Self {
        Self {
            path: error.path().to_string(),
            message: error.inner().to_string(),
        }
    }
}

/// Checks the fields of a JSON object: trims strings, turns `""` into null, refuses NUL
/// (PostgreSQL keeps none), then deserialises and validates.
///
/// # Errors
/// [`Error::Invalid`] with every bad field.
pub fn check<T>(fields: Map<String, Value>) -> Result<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
{
    check_with(fields, |fields| {
        serde_path_to_error::deserialize(Value::Object(fields.clone())).map_err(Misfit::from)
    })
}

/// As [`check`], with another way from fields to the type.
pub(super) fn check_with<T>(
    mut fields: Map<String, Value>,
    parse: impl Fn(&Map<String, Value>) -> Result<T, Misfit>,
) -> Result<T>
where
    T: Validate<Context = ()>,
{
    let mut details = Details::default();
    fields.retain(|name, value| {
        tidy(name, value);
        let clean = !has_nul(value);
        if !clean {
            details.add(name, "The NUL character is not allowed.");
        }
        clean
    });
    let (parsed, wrong_types) = deserialise(fields, parse);
    details.merge(wrong_types);
    let Some(parsed) = parsed else {
        return Err(Error::Invalid(details));
    };
    if let Err(report) = parsed.validate() {
        let mut broken = Details::default();
        for (path, error) in report.iter() {
            let path = path.to_string();
            let field = top_level(&path);
            if !details.has(field) {
                broken.add(field, sentence(field, error.message()));
            }
        }
        details.merge(broken);
    }
    details.into_result()?;
    Ok(parsed)
}

/// Deserialises; each field of a wrong type is reported and dropped, until the rest fits.
fn deserialise<T>(
    mut fields: Map<String, Value>,
    parse: impl Fn(&Map<String, Value>) -> Result<T, Misfit>,
) -> (Option<T>, Details) {
    let mut details = Details::default();
    loop {
        match parse(&fields) {
            Ok(parsed) => return (Some(parsed), details),
            Err(misfit) => {
                let field = top_level(&misfit.path);
                if fields.remove(field).is_none() {
                    details.add("body", readable(&misfit.message));
                    return (None, details);
                }
                details.add(field, readable(&misfit.message));
            }
        }
    }
}

fn tidy(name: &str, value: &mut Value) {
    match value {
        Value::String(text) if !UNTRIMMED.contains(&name) => {
            let trimmed = text.trim();
            if trimmed.is_empty() {
                *value = Value::Null;
            } else if trimmed.len() != text.len() {
                *value = Value::String(trimmed.to_owned());
            }
        }
        Value::Array(items) if items.is_empty() && OBJECTS.contains(&name) => {
            *value = Value::Object(Map::new());
        }
        _ => {}
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// `tags[3].name` is about `tags`.
fn top_level(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

/// serde's words without what was sent, which may be a password in a wrong field.
fn discreet(message: &str) -> Option<String> {
    let (fault, expected) = message.rsplit_once(", expected ")?;
    let fault = if fault.starts_with("unknown variant") {
        "unknown value"
    } else {
        fault.split(['`', '"']).next()?.trim_end()
    };
    Some(format!("{fault}, expected {expected}"))
}

/// serde's words without Rust's type names.
fn readable(message: &str) -> String {
    let mut text = discreet(message).unwrap_or_else(|| message.to_owned());
    for number in ["i64", "i32", "i16", "u64", "u32", "u16", "u8"] {
        text = text.replace(&format!("expected {number}"), "expected an integer");
    }
    text = text
        .replace("expected a boolean", "expected true or false")
        .replace('`', "'");
    let mut chars = text.chars();
    let capital = chars
        .next()
        .map(|c| c.to_ascii_uppercase().to_string())
        .unwrap_or_default();
    format!("{capital}{}.", chars.as_str().trim_end_matches('.'))
}

/// garde's words as sentences; a missing field in the reference's.
fn sentence(field: &str, message: &str) -> String {
    if message == "not set" {
        format!("The {field} field is required.")
    } else {
        readable(message)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    struct Form {
        #[garde(required, inner(length(chars, max = 5)))]
        name: Option<String>,
        #[garde(inner(range(min = 1, max = 9)))]
        count: Option<i64>,
        #[garde(skip)]
        password: Option<String>,
        #[garde(skip)]
        #[serde(default)]
        metadata: Map<String, Value>,
    }

    fn form(value: Value) -> Result<Form> {
        let Value::Object(fields) = value else {
            panic!("an object")
        };
        check(fields)
    }

    fn details(value: Value) -> Value {
        match form(value) {
            Err(Error::Invalid(details)) => serde_json::to_value(details).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let seen = details(json!({"count": "x", "metadata": 5}));
        assert_eq!(seen["name"], json!(["The name field is required."]));
        assert!(
            seen["count"][0]
                .as_str()
                .unwrap()
                .contains("expected an integer"),
            "{seen}"
        );
        assert!(seen["metadata"].is_array());
    }

    #[test]
    fn what_was_sent_is_not_sent_back() {
        for (message, readably) in [
            (
                "invalid type: string \"hunter2\", expected i64",
                "Invalid type: string, expected an integer.",
            ),
            (
                "invalid type: integer `4711`, expected a string",
                "Invalid type: integer, expected a string.",
            ),
            (
                "invalid type: map, expected a string",
                "Invalid type: map, expected a string.",
            ),
            (
                "invalid value: string \"a, expected \"b\"\", expected a date",
                "Invalid value: string, expected a date.",
            ),
            (
                "unknown variant `hunter2`, expected one of `low`, `high`",
                "Unknown value, expected one of 'low', 'high'.",
            ),
            (
                "invalid digit found in string",
                "Invalid digit found in string.",
            ),
        ] {
            assert_eq!(readable(message), readably);
        }
    }

    #[test]
    fn strings_are_trimmed_but_passwords_are_not() {
        let form = form(json!({"name": "  Ada ", "password": " p ", "metadata": [], "other": {}}))
            .unwrap();
        assert_eq!(form.name.as_deref(), Some("Ada"));
        assert_eq!(form.password.as_deref(), Some(" p "));
        assert!(form.metadata.is_empty());
        assert_eq!(form.count, None);
    }

    #[test]
    fn blank_is_absent_and_nul_is_refused() {
        assert_eq!(
            details(json!({"name": "  "}))["name"],
            json!(["The name field is required."])
        );
        let seen = details(json!({"name": "a", "metadata": {"k": ["\u{0}"]}}));
        assert_eq!(
            seen,
            json!({"metadata": ["The NUL character is not allowed."]})
        );
    }
}
