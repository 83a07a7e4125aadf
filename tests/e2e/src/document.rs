//! Every answer that comes through the gateway is held against the committed API document: its
//! status is one of the operation's, its content type one of the status's, its body fits the
//! schema and has no field that the document does not know.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

use desk_testkit::Answer;
use jsonschema::{Draft, Validator};
use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

static DOCUMENT: LazyLock<Document> = LazyLock::new(Document::read);

/// What anything that is no operation is answered with: not signed in, not there, another method,
/// too often, or not now.
const NOWHERE: [u16; 5] = [401, 404, 405, 429, 503];

/// Panics when an answer is none that the document knows.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let told = DOCUMENT.judge(method, path, answer);
    assert!(told.is_ok(), "{}", told.err().unwrap_or_default());
}

struct Document {
    whole: Value,
    /// Compiled as they are needed, by pointer.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        let text = fs::read_to_string(path).expect("the API document");
        let mut whole: Value = serde_json::from_str(&text).expect("a JSON document");
        if let Some(schemas) = whole.pointer_mut("/components/schemas") {
            for (_, schema) in schemas.as_object_mut().into_iter().flatten() {
                seal(schema, false);
            }
        }
        Self {
            whole,
            validators: Mutex::default(),
        }
    }

    fn judge(&self, method: &Method, path: &str, answer: &Answer) -> Result<(), String> {
        let status = answer.status.as_u16();
        let place = format!("{method} {path}: {status}");
        let Some((template, operation)) = self.operation(method, path) else {
            return if NOWHERE.contains(&status) {
                Ok(())
            } else {
                Err(format!(
                    "{place} of something undocumented: {}",
                    answer.body
                ))
            };
        };
        let Some(response) = operation["responses"].get(status.to_string()) else {
            return Err(format!("{place} is not documented: {}", answer.body));
        };
        let content = response["content"].as_object();
        let sent = answer.headers.get(CONTENT_TYPE);
        let sent = sent
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let essence = sent.split(';').next().unwrap_or_default().trim();
        let found = content.and_then(|content| content.get(essence));
        let Some(media) = found.or_else(|| any(content)) else {
            return Err(format!("{place} as {sent:?} is not documented"));
        };
        let waits = matches!(
            answer.status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        );
        if waits && !answer.headers.contains_key("retry-after") {
            return Err(format!("{place} without Retry-After"));
        }
        let no_body = *method == Method::HEAD;
        let Some(schema) = media
            .get("schema")
            .filter(|_| essence == "application/json" && !no_body)
        else {
            return Ok(());
        };
        let key = format!("{template} {method} {status}");
        let validator = self.validator(key, schema);
        let errors = validator.iter_errors(&answer.body);
        let errors: Vec<String> = errors
            .map(|error| format!("at {}: {error}", error.instance_path()))
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(format!(
                "{place} does not fit:\n{}\n{}",
                errors.join("\n"),
                answer.body
            ))
        }
    }

    /// The operation that a request is for; of several paths that fit, the most literal one.
    fn operation(&self, method: &Method, path: &str) -> Option<(&str, &Value)> {
        let path = path.split('?').next().unwrap_or_default();
        let verb = match method.as_str() {
            "HEAD" => "get".to_owned(),
            other => other.to_ascii_lowercase(),
        };
        let paths = self.whole["paths"].as_object()?;
        paths
            .iter()
            .filter_map(|(template, item)| {
                let holes = holes(template, path)?;
                Some((holes, template.as_str(), item.get(&verb)?))
            })
            .min_by_key(|(holes, ..)| *holes)
            .map(|(_, template, operation)| (template, operation))
    }

    fn validator(&self, key: String, schema: &Value) -> Arc<Validator> {
        let mut known = self.validators.lock().expect("no test panics in here");
        let compiled = known.entry(key).or_insert_with(|| {
            let mut schema = schema.clone();
            seal(&mut schema, true);
            let whole = json!({"allOf": [schema], "components": self.whole["components"]});
            let options = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .should_validate_formats(true);
            Arc::new(options.build(&whole).expect("a JSON schema"))
        });
        Arc::clone(compiled)
    }
}

/// How many parameters a path fills in a template; none when it does not fit.
fn holes(template: &str, path: &str) -> Option<usize> {
    let (wanted, given) = (template.split('/'), path.split('/'));
    if wanted.clone().count() != given.clone().count() {
        return None;
    }
    let mut holes = 0;
    for (wanted, given) in wanted.zip(given) {
        if wanted.starts_with('{') && !given.is_empty() {
            holes += 1;
        } else if wanted != given {
            return None;
        }
    }
    Some(holes)
}

/// A download has whatever type the file has.
fn any(content: Option<&Map<String, Value>>) -> Option<&Value> {
    content?.get("*/*")
}

/// Lets no object have fields that its schema does not name. `whole`: nothing is added to it by a
/// schema around it.
fn seal(schema: &mut Value, whole: bool) {
    let Some(parts) = schema.as_object_mut() else {
        return;
    };
    for (key, part) in parts.iter_mut() {
        match (key.as_str(), part) {
            ("properties", Value::Object(fields)) => {
                for field in fields.values_mut() {
                    seal(field, true);
                }
            }
            ("items" | "additionalProperties", part) => seal(part, true),
            (choice @ ("allOf" | "anyOf" | "oneOf"), Value::Array(parts)) => {
                for part in parts {
                    seal(part, choice != "allOf");
                }
            }
            _ => {}
        }
    }
    let names_fields = ["properties", "$ref", "allOf"]
        .iter()
        .any(|key| parts.contains_key(*key));
    if whole && names_fields {
        parts.insert("unevaluatedProperties".to_owned(), false.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: Value) -> Answer {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/json".parse().expect("a value"));
        Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            headers,
            body,
        }
    }

    #[test]
    fn what_the_document_does_not_know_is_refused() {
        let message = json!({"message": "Logged out successfully"});
        let extra = json!({"message": "Logged out successfully", "secret": 1});
        for (path, status, body, fits) in [
            ("/api/auth/logout", 200, message.clone(), true),
            ("/api/auth/logout?x=1", 200, message.clone(), true),
            ("/api/auth/logout", 200, json!({"message": 5}), false),
            ("/api/auth/logout", 200, json!({}), false),
            ("/api/auth/logout", 200, extra, false),
            ("/api/auth/logout", 201, message.clone(), false),
            (
                "/api/auth/logout",
                500,
                json!({"error": "Internal error."}),
                false,
            ),
            (
                "/api/auth/logout",
                401,
                json!({"error": "Unauthenticated."}),
                true,
            ),
            (
                "/api/auth/logout",
                401,
                json!({"error": "x", "details": null}),
                false,
            ),
            (
                "/api/auth/logout",
                429,
                json!({"error": "Too many requests."}),
                false,
            ),
            (
                "/api/auth/nowhere",
                404,
                json!({"error": "Not found."}),
                true,
            ),
            ("/api/auth/nowhere", 200, message, false),
        ] {
            let told = DOCUMENT.judge(&Method::POST, path, &answer(status, body.clone()));
            assert_eq!(told.is_ok(), fits, "{path} {status} {body}: {told:?}");
        }
    }
}
