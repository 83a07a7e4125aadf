//! Puts OpenAPI documents together: a pure function over JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{components, examples, operations, rows};
use crate::domain::route::{JWKS, PREFIX};

/// The keys of a path item that are operations.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// What a reader should know of all operations.
const ABOUT: &str = "\
The portal's endpoints take a bearer token (`POST /api/auth/login` answers one), those under \
`/api/external` a project's API key and secret.

- Ids are integers, times UTC in whole seconds (`2024-04-21T09:00:00Z`).
- `PUT` and `PATCH` do the same: what is left out stays, `null` clears where a field may be null.
- Strings are trimmed, unknown fields ignored. `true`, `false`, `1` and `0` are booleans in a query.
- Lists are pages; `next_cursor` of one as `cursor` of the next stays quick at any depth.
- Checks come in this order: 401, 403 for the role, 400, 413, 415 and 422 for what was sent, 404, 422 for \
ids in the body that there are not, 409.
- Every error is `{\"error\": \"…\"}`, a 422 with `details`: messages by field, of every bad field at once.
- With an `Idempotency-Key` the same call is done once within 24 hours, and answered alike.";

/// One service's document.
#[derive(Debug, Clone)]
pub struct Part {
    /// Whose.
    pub service: &'static str,
    /// As it serves it: paths without the prefix.
    pub document: Value,
}

/// One document of all: paths as clients call them, no internal ones, every schema name and
/// operation id once.
pub fn merge(mut parts: Vec<Part>) -> Value {
    for part in &mut parts {
        publish_paths(&mut part.document);
        rows::name(&mut part.document);
        components::keep_referenced(&mut part.document);
    }
    components::part_names(&mut parts);

    let mut paths = Map::new();
    let mut shared = Map::new();
    let mut tags = BTreeMap::new();
    for part in parts {
        let Value::Object(mut document) = part.document else {
            continue;
        };
        gather_tags(&document, &mut tags);
        union(&mut paths, take(&mut document, "paths"));
        union(&mut shared, take(&mut document, "components"));
    }
    name_operations(&mut paths);
    let mut document = head();
    document.insert("tags".to_owned(), tags.into_values().collect());
    document.insert("paths".to_owned(), paths.into());
    document.insert("components".to_owned(), shared.into());
    operations::complete(&mut document);
    examples::fill(&mut document);
    document.into()
}

fn head() -> Map<String, Value> {
    let head = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "SupportDesk API",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Support tickets of many projects in one desk.",
            "description": ABOUT,
            "contact": {"name": "The SupportDesk maintainers"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The desk that serves this document"}],
    });
    take(&mut Map::from_iter([("head".to_owned(), head)]), "head")
}

fn take(document: &mut Map<String, Value>, key: &str) -> Map<String, Value> {
    match document.remove(key) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Renames a service's paths to what clients call, and drops what they cannot.
fn publish_paths(document: &mut Value) {
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        *paths = std::mem::take(paths)
            .into_iter()
            .filter_map(|(path, item)| Some((public_path(&path)?, item)))
            .collect();
    }
}

fn public_path(path: &str) -> Option<String> {
    let internal = path == "/internal" || path.starts_with("/internal/");
    if internal || path == desk_http::openapi::PATH {
        None
    } else if path == JWKS || path.starts_with("/api/") {
        Some(path.to_owned())
    } else {
        Some(format!("{PREFIX}{path}"))
    }
}

/// Adds what is not there yet, two levels deep: paths with their methods, component sections
/// with their names.
fn union(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(there)), Value::Object(more)) => {
                for (name, item) in more {
                    there.entry(name).or_insert(item);
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Tags by name: as described where one is, else as used.
fn gather_tags(document: &Map<String, Value>, tags: &mut BTreeMap<String, Value>) {
    let declared = document
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for tag in declared {
        if let Some(name) = tag["name"].as_str() {
            tags.insert(name.to_owned(), tag.clone());
        }
    }
    let items = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::values);
    let operations = items.filter_map(Value::as_object).flat_map(Map::values);
    let used = operations
        .filter_map(|operation| operation.get("tags")?.as_array())
        .flatten();
    for name in used.filter_map(Value::as_str) {
        tags.entry(name.to_owned())
            .or_insert_with(|| json!({"name": name}));
    }
}

/// Leaves an operation id that is alone. `PATCH` and `PUT` of a path are one operation under two
/// methods: `update_user`, and `update_user_put`. Others that share an id, or have none, are named
/// by method and path.
fn name_operations(paths: &mut Map<String, Value>) {
    part_twins(paths);
    let mut count = BTreeMap::<String, usize>::new();
    each_operation(paths, |_, _, operation| {
        if let Some(id) = id(operation) {
            *count.entry(id.to_owned()).or_default() += 1;
        }
    });
    let mut taken: BTreeSet<String> = count
        .iter()
        .filter(|(_, uses)| **uses == 1)
        .map(|(id, _)| id.clone())
        .collect();
    each_operation(paths, |path, method, operation| {
        if id(operation).is_some_and(|id| count.get(id) == Some(&1)) {
            return;
        }
        let mut name = operation_name(method, path);
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        operation.insert("operationId".to_owned(), name.into());
    });
}

fn part_twins(paths: &mut Map<String, Value>) {
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        let of = |method: &str| item.get(method)?.get("operationId")?.as_str();
        let twin = of("put").filter(|put| of("patch") == Some(put));
        if let Some(put) = twin.map(|id| format!("{id}_put")) {
            item["put"]["operationId"] = put.into();
        }
    }
}

fn id(operation: &Map<String, Value>) -> Option<&str> {
    operation.get("operationId").and_then(Value::as_str)
}

/// Visits every operation with its path and method.
pub(super) fn each_operation(
    paths: &mut Map<String, Value>,
    mut visit: impl FnMut(&str, &str, &mut Map<String, Value>),
) {
    for (path, item) in paths {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        for (method, operation) in item {
            if let Some(operation) = operation
                .as_object_mut()
                .filter(|_| METHODS.contains(&method.as_str()))
            {
                visit(path, method, operation);
            }
        }
    }
}

/// `put` of `/api/admin/users/{id}` is `put_admin_users_id`.
fn operation_name(method: &str, path: &str) -> String {
    let path = path.strip_prefix(PREFIX).unwrap_or(path);
    let words = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    std::iter::once(method)
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged() -> Value {
        let answer = |schema: &str| json!({"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}}}});
        let auth = json!({
            "openapi": "3.1.0",
            "info": {"title": "auth", "version": "1"},
            "tags": [{"name": "users", "description": "Accounts"}],
            "paths": {
                "/auth/me": {"get": {"operationId": "me", "tags": ["auth"], "responses": answer("Page")}},
                "/admin/users/{id}": {
                    "put": {"operationId": "update_user", "tags": ["users"], "responses": answer("Row")},
                    "patch": {"operationId": "update_user", "tags": ["users"], "responses": answer("Row")},
                },
                "/.well-known/jwks.json": {"get": {"operationId": "jwks", "responses": answer("Same")}},
                "/internal/users/{id}": {"get": {"operationId": "record", "responses": answer("Secret")}},
                "/openapi.json": {"get": {"operationId": "document"}},
            },
            "components": {
                "schemas": {
                    "Row": {"type": "object", "properties": {"email": {"type": "string"}}},
                    "Page": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
                    "Same": {"type": "string"},
                    "Secret": {"type": "string"},
                },
                "securitySchemes": {"portal": {"type": "http"}},
            },
        });
        let ticket = json!({
            "paths": {
                "/tickets": {"get": {"operationId": "index", "tags": ["tickets"], "responses": answer("Page")}},
                "/tickets/{id}": {"put": {"operationId": "index", "responses": answer("Same")}},
            },
            "components": {
                "schemas": {
                    "Row": {"type": "object", "properties": {"subject": {"type": "string"}}},
                    "Page": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
                    "Same": {"type": "string"},
                },
                "securitySchemes": {"portal": {"type": "http"}},
            },
        });
        merge(vec![
            Part {
                service: "auth",
                document: auth,
            },
            Part {
                service: "ticket",
                document: ticket,
            },
        ])
    }

    fn keys(value: &Value) -> Vec<&str> {
        value
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect()
    }

    #[test]
    fn paths_are_what_clients_call() {
        let document = merged();
        let mut paths = keys(&document["paths"]);
        paths.sort_unstable();
        assert_eq!(
            paths,
            [
                "/.well-known/jwks.json",
                "/api/admin/users/{id}",
                "/api/auth/me",
                "/api/tickets",
                "/api/tickets/{id}"
            ]
        );
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["servers"][0]["url"], "/");
    }

    #[test]
    fn names_that_mean_two_things_are_told_apart() {
        let document = merged();
        let mut schemas = keys(&document["components"]["schemas"]);
        schemas.sort_unstable();
        assert_eq!(
            schemas,
            ["AuthPage", "AuthRow", "Same", "TicketPage", "TicketRow"]
        );
        assert_eq!(
            document["components"]["schemas"]["TicketPage"]["items"]["$ref"],
            "#/components/schemas/TicketRow"
        );
        let answer = &document["paths"]["/api/tickets"]["get"]["responses"]["200"];
        assert_eq!(
            answer["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/TicketPage"
        );
        assert_eq!(keys(&document["components"]["securitySchemes"]), ["portal"]);
    }

    #[test]
    fn every_operation_has_an_id_of_its_own() {
        let document = merged();
        let id = |path: &str, method: &str| document["paths"][path][method]["operationId"].clone();
        assert_eq!(id("/api/auth/me", "get"), "me");
        assert_eq!(id("/api/admin/users/{id}", "patch"), "update_user");
        assert_eq!(id("/api/admin/users/{id}", "put"), "update_user_put");
        assert_eq!(id("/api/tickets", "get"), "get_tickets");
        assert_eq!(id("/api/tickets/{id}", "put"), "put_tickets_id");
    }

    #[test]
    fn tags_are_named_once() {
        assert_eq!(
            merged()["tags"],
            json!([{"name": "auth"}, {"name": "tickets"}, {"name": "users", "description": "Accounts"}])
        );
    }
}
