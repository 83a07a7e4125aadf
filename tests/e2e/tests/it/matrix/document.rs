//! The operations of the API document: their capability, what their bodies look
//! like, and where they take ids.

use std::collections::{BTreeMap, BTreeSet};

use desk_testkit::identity::{Capability, Grant, Role};
use reqwest::Method;
use serde_json::{Map, Value};

/// Integers that are nobody's id.
const NUMBERS: [&str; 5] = [
    "page",
    "per_page",
    "score",
    "first_response_minutes",
    "resolution_minutes",
];

/// An operation as it is documented.
pub struct Operation {
    pub capability: Option<Capability>,
    pub by_key: bool,
    /// The example of its body.
    pub body: Option<Map<String, Value>>,
    /// Fields of the query (`?name`) and of the body that hold ids.
    pub ids: BTreeSet<String>,
}

impl Operation {
    /// Does the role table leave nothing of it to this role?
    pub fn forbids(&self, role: Role) -> bool {
        self.capability
            .is_some_and(|capability| capability.grant(role) == Grant::No)
    }
}

/// By method and path, without `/api`, each parameter a `{}`.
pub fn operations(document: &Value) -> BTreeMap<String, Operation> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api").unwrap_or(path);
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            found.insert(name(&method, path), read(document, operation));
        }
    }
    found
}

/// What an operation goes by, whatever its parameters are called.
pub fn name(method: &Method, path: &str) -> String {
    let shape = path
        .split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{method} {}", shape.collect::<Vec<_>>().join("/"))
}

fn read(document: &Value, operation: &Value) -> Operation {
    let word = operation["x-capability"].as_str();
    let capability = Capability::ALL
        .iter()
        .find(|row| Some(row.as_str()) == word);
    assert_eq!(
        word,
        capability.map(|row| row.as_str()),
        "a row of the role table"
    );
    let media = &operation["requestBody"]["content"]["application/json"];
    Operation {
        capability: capability.copied(),
        by_key: operation["security"].to_string().contains("api_key"),
        body: media["example"].as_object().cloned(),
        ids: ids(document, operation, media),
    }
}

fn ids(document: &Value, operation: &Value, media: &Value) -> BTreeSet<String> {
    let queries = operation["parameters"].as_array().into_iter().flatten();
    let queries = queries
        .filter(|parameter| parameter["in"] == "query" && is_integer(&parameter["schema"]))
        .map(|parameter| (parameter["name"].as_str().unwrap(), "?"));
    let pointer = media["schema"]["$ref"].as_str().unwrap_or("#/nowhere");
    let schema = document.pointer(&pointer[1..]).unwrap_or(&media["schema"]);
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields = fields
        .filter(|(_, field)| is_integer(field) || is_integer(&field["items"]))
        .map(|(name, _)| (name.as_str(), ""));
    let all = queries
        .chain(fields)
        .filter(|(name, _)| !NUMBERS.contains(name));
    all.map(|(name, place)| format!("{place}{name}")).collect()
}

fn is_integer(schema: &Value) -> bool {
    schema["type"].to_string().contains("integer")
}
