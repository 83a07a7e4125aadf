//! The errors of operations: one envelope, with an example for each kind.

use serde_json::{Map, Value, json};

use super::operations::schemes;
use crate::domain::route::{Door, Route};

/// A kind of error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    status: &'static str,
    /// Its example's name.
    name: &'static str,
    /// What it means, where the operation does not say so itself.
    about: &'static str,
    /// The sentence that it is answered with, for one.
    error: &'static str,
}

const UNREADABLE: Fault = Fault {
    status: "400",
    name: "Unreadable",
    about: "The body cannot be read",
    error: "The body is not valid JSON (line 1, column 14).",
};
const UNAUTHENTICATED: Fault = Fault {
    status: "401",
    name: "Unauthenticated",
    about: "Not, or no longer, signed in",
    error: "Unauthenticated.",
};
const BAD_KEY: Fault = Fault {
    status: "401",
    name: "InvalidApiCredentials",
    about: "The API key is missing, unknown, revoked, expired or used from elsewhere",
    error: "Invalid API credentials",
};
const BAD_CREDENTIALS: Fault = Fault {
    status: "401",
    name: "InvalidCredentials",
    about: "No such account, or another password",
    error: "Invalid credentials",
};
const FORBIDDEN: Fault = Fault {
    status: "403",
    name: "Forbidden",
    about: "The role forbids it",
    error: "This action is not allowed for your role.",
};
const NOT_FOUND: Fault = Fault {
    status: "404",
    name: "NotFound",
    about: "Not there, or not for the caller to know of",
    error: "Not found.",
};
const CONFLICT: Fault = Fault {
    status: "409",
    name: "Conflict",
    about: "The state forbids it",
    error: "The ticket was changed meanwhile.",
};
const TOO_LARGE: Fault = Fault {
    status: "413",
    name: "TooLarge",
    about: "The body is too large",
    error: "The request body is too large.",
};
const UNSUPPORTED: Fault = Fault {
    status: "415",
    name: "UnsupportedMediaType",
    about: "The body has another content type",
    error: "The content type is not supported; send application/json.",
};
const RANGE: Fault = Fault {
    status: "416",
    name: "RangeNotSatisfiable",
    about: "There are no such bytes",
    error: "The file has no such bytes.",
};
const INVALID: Fault = Fault {
    status: "422",
    name: "Invalid",
    about: "A field is missing or malformed; every bad one is named",
    error: "Validation failed.",
};
const TOO_MANY: Fault = Fault {
    status: "429",
    name: "TooManyRequests",
    about: "Too many requests",
    error: "Too many requests.",
};
const UNAVAILABLE: Fault = Fault {
    status: "503",
    name: "Unavailable",
    about: "Something that it needs is down for the moment",
    error: "The service is temporarily unavailable.",
};

const ALL: [Fault; 13] = [
    UNREADABLE,
    UNAUTHENTICATED,
    BAD_KEY,
    BAD_CREDENTIALS,
    FORBIDDEN,
    NOT_FOUND,
    CONFLICT,
    TOO_LARGE,
    UNSUPPORTED,
    RANGE,
    INVALID,
    TOO_MANY,
    UNAVAILABLE,
];

/// What can happen to an operation, by what it declares and how it is let in.
pub(super) fn of(
    operation: &Map<String, Value>,
    route: Option<Route>,
    may_be_forbidden: bool,
) -> Vec<Fault> {
    let declares = |place: &str| {
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let mut parameters = parameters.into_iter().flatten();
        parameters.any(|parameter| parameter["in"] == place)
    };
    let has_body = operation.contains_key("requestBody");
    let mut faults = Vec::new();
    match schemes(operation).next() {
        None if route.is_some_and(|route| route.door == Door::Public) => {
            faults.push(BAD_CREDENTIALS);
        }
        None => {}
        Some("portal") => faults.push(UNAUTHENTICATED),
        Some(_) => faults.push(BAD_KEY),
    }
    let mut add = |can_happen: bool, more: &[Fault]| {
        if can_happen {
            faults.extend(more);
        }
    };
    add(may_be_forbidden, &[FORBIDDEN]);
    add(has_body, &[UNREADABLE, TOO_LARGE, UNSUPPORTED]);
    add(has_body || declares("query"), &[INVALID]);
    add(declares("path"), &[NOT_FOUND]);
    add(route.is_some(), &[TOO_MANY, UNAVAILABLE]);
    faults
}

/// Writes the envelope into the operation's error answers, its own and those that can happen
/// besides; what the operation says about one stays. Answers the names of the examples used.
pub(super) fn answer(operation: &mut Map<String, Value>, faults: &[Fault]) -> Vec<&'static str> {
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    let Some(responses) = responses.as_object_mut() else {
        return Vec::new();
    };
    for fault in faults {
        // A visitor's wrong password is no missing token: only who declares it can answer so.
        if fault.name != BAD_CREDENTIALS.name {
            responses.entry(fault.status).or_insert_with(|| json!({}));
        }
    }
    let mut used = Vec::new();
    for (status, response) in responses.iter_mut() {
        let known = faults.iter().chain(&ALL);
        let Some(fault) = known.copied().find(|fault| fault.status == status) else {
            continue;
        };
        let described = response["description"]
            .as_str()
            .is_some_and(|d| !d.is_empty());
        if !described {
            response["description"] = fault.about.into();
        }
        response["content"] = json!({"application/json": {
            "schema": {"$ref": "#/components/schemas/ErrorBody"},
            "examples": {"error": {"$ref": format!("#/components/examples/{}", fault.name)}},
        }});
        used.push(fault.name);
    }
    used
}

/// The examples that are used.
pub(super) fn components(document: &mut Map<String, Value>, used: &[&str]) {
    let mut examples = Map::new();
    for fault in ALL.iter().filter(|fault| used.contains(&fault.name)) {
        let mut body = json!({"error": fault.error});
        if fault.name == INVALID.name {
            body["details"] = json!({"subject": ["The subject field is required."]});
        }
        let example = json!({"summary": fault.about, "value": body});
        examples.insert(fault.name.to_owned(), example);
    }
    let components = document.entry("components").or_insert_with(|| json!({}));
    components["examples"] = examples.into();
}
