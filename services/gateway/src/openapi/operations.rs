//! What operations have in common, said once: whom each is for, the errors that can happen to it,
//! and the headers of its answers. It follows from what the operation declares (its sign-in,
//! capability, body and parameters) and from the door by which the gateway lets it in.

use desk_identity::{Capability, Grant, Role};
use serde_json::{Map, Value, json};

use super::{faults, merge::each_operation};
use crate::domain::route::{Door, Route, route};

/// Completes every operation, and adds the components that they refer to.
pub(super) fn complete(document: &mut Map<String, Value>) {
    let mut used = Vec::new();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        each_operation(paths, |path, _, operation| {
            describe(operation);
            parameters(operation);
            let route = route(path);
            let faults = faults::of(operation, route, may_be_forbidden(operation));
            used.extend(faults::answer(operation, &faults));
            headers(operation, route);
        });
    }
    faults::components(document, &used);
    let components = document.entry("components").or_insert_with(|| json!({}));
    components["headers"] = header_components();
}

/// The summary is the first sentence; the description is all of it, and tells whom it is for.
fn describe(operation: &mut Map<String, Value>) {
    let text = |operation: &Map<String, Value>, key: &str| {
        let text = operation.get(key).and_then(Value::as_str);
        text.unwrap_or_default().replace('\n', " ")
    };
    let (head, more) = (text(operation, "summary"), text(operation, "description"));
    let first = head.split(". ").next().unwrap_or_default();
    let summary = first.trim_end_matches('.').to_owned();
    let parts = [head, more, audience(operation)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    operation.insert("summary".to_owned(), summary.into());
    operation.insert("description".to_owned(), parts.join("\n\n").into());
    let signs_in = signs_in(operation);
    if !signs_in {
        operation.insert("security".to_owned(), json!([]));
    }
}

fn signs_in(operation: &Map<String, Value>) -> bool {
    schemes(operation).next().is_some()
}

/// The names of the sign-in schemes that an operation asks for.
pub(super) fn schemes(operation: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let all = operation.get("security").and_then(Value::as_array);
    all.into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(Map::keys)
        .map(String::as_str)
}

fn capability(operation: &Map<String, Value>) -> Option<Capability> {
    let word = operation.get("x-capability")?.as_str()?;
    let mut all = Capability::ALL.iter().copied();
    all.find(|capability| capability.as_str() == word)
}

fn may_be_forbidden(operation: &Map<String, Value>) -> bool {
    capability(operation).is_some_and(|capability| {
        let mut roles = Role::ALL.into_iter();
        roles.any(|role| capability.grant(role) == Grant::No)
    })
}

fn audience(operation: &Map<String, Value>) -> String {
    let named = |role: Role, scoped: &str| format!("`{}`{scoped}", role.as_str());
    let mut schemes = schemes(operation);
    match (schemes.next(), capability(operation)) {
        (None, _) => "For everybody.".to_owned(),
        (Some("portal"), None) => "For everybody who is signed in.".to_owned(),
        (Some("portal"), Some(_)) if !may_be_forbidden(operation) => "For every role.".to_owned(),
        (Some("portal"), Some(capability)) => {
            let roles = Role::ALL.into_iter();
            let roles: Vec<String> = roles
                .filter_map(|role| match capability.grant(role) {
                    Grant::Yes => Some(named(role, "")),
                    Grant::Scoped => Some(named(role, " within the own scope")),
                    Grant::No => None,
                })
                .collect();
            format!("For {}.", roles.join(", "))
        }
        (Some(_), _) => "For external projects, by API key.".to_owned(),
    }
}

/// What is written in a path, a query or a header is never null.
fn parameters(operation: &mut Map<String, Value>) {
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let in_path = parameter["in"] == "path";
        let Some(schema) = parameter.get_mut("schema") else {
            continue;
        };
        without_null(schema);
        if in_path && parameter.get("example").is_none() {
            let text = parameter["schema"]["type"] == "string";
            let example = if text {
                json!("NAIJ-2024-00043")
            } else {
                json!(43)
            };
            parameter["example"] = example;
        }
    }
}

fn without_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice["type"] != "null");
        if let [only] = choices.as_slice() {
            *schema = only.clone();
        }
    }
}

fn headers(operation: &mut Map<String, Value>, route: Option<Route>) {
    let by_key = route.is_some_and(|route| route.door == Door::Key);
    let responses = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        let mut names = vec!["X-Request-Id"];
        if matches!(status.as_str(), "429" | "503") {
            names.push("Retry-After");
        }
        if by_key && status != "401" {
            names.extend(["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]);
        }
        for name in names {
            let reference = json!({"$ref": format!("#/components/headers/{name}")});
            response["headers"][name] = reference;
        }
    }
}

fn header_components() -> Value {
    let count = |description: &str| json!({"description": description, "schema": {"type": "integer", "minimum": 0}});
    json!({
        "X-Request-Id": {
            "description": "Names the request in every log and trace; the caller's own if it sent one.",
            "schema": {"type": "string"},
        },
        "Retry-After": {
            "description": "Seconds until it is worth another try.",
            "schema": {"type": "integer", "minimum": 1},
        },
        "RateLimit-Limit": count("Requests that the key may make at once."),
        "RateLimit-Remaining": count("Requests that the key may still make at once."),
        "RateLimit-Reset": count("Seconds until all of them are there again."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(operation: &Value) -> Value {
        let mut document = json!({"paths": {"/api/tickets/{id}": {"put": operation}}});
        complete(document.as_object_mut().unwrap());
        document
    }

    #[test]
    fn an_operation_gets_what_can_happen_to_it() {
        let document = completed(&json!({
            "summary": "Sets it. The same again\nchanges nothing.",
            "security": [{"portal": []}],
            "x-capability": "change_status",
            "parameters": [
                {"name": "id", "in": "path", "schema": {"type": "integer"}},
                {"name": "page", "in": "query", "schema": {"type": ["integer", "null"]}},
            ],
            "requestBody": {},
            "responses": {"200": {}, "403": {"description": "Not yours"}},
        }));
        let operation = &document["paths"]["/api/tickets/{id}"]["put"];
        assert_eq!(operation["summary"], "Sets it");
        assert_eq!(
            operation["description"],
            "Sets it. The same again changes nothing.\n\nFor `super_admin`, `admin`, `agent`."
        );
        let responses = operation["responses"].as_object().unwrap();
        let statuses: Vec<&str> = responses.keys().map(String::as_str).collect();
        assert_eq!(
            statuses,
            [
                "200", "400", "401", "403", "404", "413", "415", "422", "429", "503"
            ]
        );
        assert_eq!(responses["403"]["description"], "Not yours");
        for status in ["429", "503"] {
            assert!(responses[status]["headers"]["Retry-After"].is_object());
        }
        assert!(responses["200"]["headers"]["RateLimit-Limit"].is_null());
        assert_eq!(operation["parameters"][0]["example"], 43);
        assert_eq!(operation["parameters"][1]["schema"]["type"], "integer");
        let examples = document["components"]["examples"].as_object().unwrap();
        assert!(examples.contains_key("Forbidden") && !examples.contains_key("Conflict"));
    }

    #[test]
    fn a_visitor_is_never_refused_for_a_token() {
        let document = completed(&json!({"security": [{}], "responses": {"200": {}}}));
        let operation = &document["paths"]["/api/tickets/{id}"]["put"];
        assert_eq!(operation["security"], json!([]));
        assert!(operation["responses"]["401"].is_null());
    }
}
