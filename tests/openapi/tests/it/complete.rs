//! Nothing is left unsaid: descriptions, examples, names, and the door that each operation is behind.

use std::collections::BTreeSet;

use gateway::domain::route::{Door, route};
use serde_json::{Map, Value};

fn operations(document: &Value) -> Vec<(String, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let verbs = item.as_object().into_iter().flatten();
            verbs.map(move |(verb, operation)| (format!("{verb} {path}"), path.as_str(), operation))
        })
        .collect()
}

fn said(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// The places of fields without a description, in a schema and all that is written out below it.
fn silent(place: &str, schema: &Value, found: &mut Vec<String>) {
    let fields = schema["properties"].as_object();
    for (name, field) in fields.into_iter().flatten() {
        let place = format!("{place}.{name}");
        silent(&place, field, found);
        // A field that may be null has it beside what it is otherwise.
        let choices = field["oneOf"].as_array().into_iter().flatten();
        if !choices
            .chain([field])
            .any(|choice| said(&choice["description"]))
        {
            found.push(place);
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            silent(place, part, found);
        }
    }
    if schema["items"].is_object() {
        silent(place, &schema["items"], found);
    }
}

#[test]
fn everything_is_described() {
    let document = openapi::document().unwrap();
    let mut found = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        silent(name, schema, &mut found);
    }
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tag| said(&tag["description"]))
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    for (name, _, operation) in operations(&document) {
        for key in ["summary", "description"] {
            if !said(&operation[key]) {
                found.push(format!("{name} {key}"));
            }
        }
        let parameters = operation["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            if !said(&parameter["description"]) {
                found.push(format!("{name} {}", parameter["name"]));
            }
        }
        let tag = operation["tags"][0].as_str().unwrap_or_default();
        if !tags.contains(tag) {
            found.push(format!("{name} tag {tag}"));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_json_body_has_an_example() {
    let document = openapi::document().unwrap();
    let json = |holder: &Value| holder["content"]["application/json"].as_object().cloned();
    let shown =
        |body: Map<String, Value>| body.contains_key("example") || body.contains_key("examples");
    let mut found = Vec::new();
    for (name, path, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        let bodies = std::iter::once(("request", &operation["requestBody"])).chain(
            responses
                .iter()
                .map(|(status, body)| (status.as_str(), body)),
        );
        for (which, body) in bodies {
            // The document would have to be its own example.
            let itself = path == gateway::openapi::PATH && which == "200";
            if json(body).is_some_and(|body| !itself && !shown(body)) {
                found.push(format!("{name} {which}"));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn operations_are_named_once_and_for_clients() {
    let document = openapi::document().unwrap();
    let mut names = BTreeSet::new();
    for (place, _, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let plain = id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(plain, "{place}: {id}");
        assert!(names.insert(id.to_owned()), "{place}: {id} comes twice");
    }
}

#[test]
fn the_sign_in_is_that_of_the_door() {
    let document = openapi::document().unwrap();
    for (name, path, operation) in operations(&document) {
        let schemes: BTreeSet<&str> = operation["security"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|choice| choice.as_object().unwrap().keys())
            .map(String::as_str)
            .collect();
        let wanted: &[&str] = match route(path).map(|route| route.door) {
            None | Some(Door::Public) => &[],
            Some(Door::Portal | Door::TokenPassing) => &["portal"],
            Some(Door::Key) => &["api_key", "api_secret"],
        };
        assert_eq!(schemes.into_iter().collect::<Vec<_>>(), wanted, "{name}");
    }
}
