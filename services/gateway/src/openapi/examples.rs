//! Examples of bodies, put together from the schemas: a field's own example first, else what its
//! name stands for in every service, else what its type allows.

use serde_json::{Map, Value, json};

use super::merge::each_operation;

/// Schemas may refer to themselves (the tree of categories); so deep an example goes.
const DEEPEST: usize = 16;

/// Gives every JSON body of a request and of a success an example, unless it has one.
pub(super) fn fill(document: &mut Map<String, Value>) {
    let schemas = document
        .get("components")
        .and_then(|components| components.get("schemas"))
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    each_operation(paths, |_, _, operation| {
        let request = operation.get_mut("requestBody");
        if let Some(body) = request.and_then(json_body) {
            body.add(&Composer::request(&schemas));
        }
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        let responses = responses.into_iter().flatten();
        for (_, response) in responses.filter(|(status, _)| status.starts_with('2')) {
            if let Some(body) = json_body(response) {
                body.add(&Composer::answer(&schemas));
            }
        }
    });
}

struct Body<'a>(&'a mut Map<String, Value>);

fn json_body(holder: &mut Value) -> Option<Body<'_>> {
    let content = holder.pointer_mut("/content/application~1json")?;
    content.as_object_mut().map(Body)
}

impl Body<'_> {
    fn add(self, composer: &Composer<'_>) {
        if self.0.contains_key("example") || self.0.contains_key("examples") {
            return;
        }
        let example = self
            .0
            .get("schema")
            .and_then(|schema| composer.whole(schema));
        if let Some(example) = example {
            self.0.insert("example".to_owned(), example);
        }
    }
}

/// Where in a body an example is wanted.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    schema: &'a str,
    field: &'a str,
    depth: usize,
}

struct Composer<'a> {
    schemas: &'a Map<String, Value>,
    /// Only what has to be there, and what fits any desk: no ids that nothing has.
    sparing: bool,
}

impl<'a> Composer<'a> {
    fn request(schemas: &'a Map<String, Value>) -> Self {
        Self {
            schemas,
            sparing: true,
        }
    }

    fn answer(schemas: &'a Map<String, Value>) -> Self {
        Self {
            schemas,
            sparing: false,
        }
    }

    fn whole(&self, schema: &'a Value) -> Option<Value> {
        let example = self.of(schema, Place::default())?;
        if self.sparing && example == json!({}) {
            return Self::answer(self.schemas).of(schema, Place::default());
        }
        Some(example)
    }

    fn of(&self, schema: &'a Value, place: Place<'a>) -> Option<Value> {
        if place.depth > DEEPEST {
            return None;
        }
        if let Some(example) = schema.get("example") {
            return Some(example.clone());
        }
        if let Some(example) = meaning(place) {
            return Some(example);
        }
        if let Some(name) = reference(schema) {
            let inner = Place {
                schema: name,
                depth: place.depth + 1,
                ..place
            };
            return self.of(self.schemas.get(name)?, inner);
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return words.first().cloned();
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return Some(self.all(parts, place));
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(choices) = schema.get(choice).and_then(Value::as_array) {
                let mut real = choices.iter().filter(|choice| choice["type"] != "null");
                return self.of(real.next()?, place);
            }
        }
        self.typed(schema, place)
    }

    fn all(&self, parts: &'a [Value], place: Place<'a>) -> Value {
        let parts = parts.iter().filter_map(|part| self.of(part, place));
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(fields) = part {
                whole.extend(fields);
            }
        }
        whole.into()
    }

    fn typed(&self, schema: &'a Value, place: Place<'a>) -> Option<Value> {
        let format = schema.get("format").and_then(Value::as_str);
        match (kind(schema)?, format) {
            ("object", _) => Some(self.object(schema, place)),
            ("array", _) => {
                let inner = Place {
                    depth: place.depth + 1,
                    ..place
                };
                let item = schema.get("items").and_then(|items| self.of(items, inner));
                Some(Value::Array(item.into_iter().collect()))
            }
            ("string", Some("date-time")) => Some(json!("2024-04-21T09:00:00Z")),
            ("string", Some("date")) => Some(json!("2024-04-21")),
            ("string", _) => Some(json!("text")),
            ("integer", _) => Some(json!(1)),
            ("number", _) => Some(json!(1.5)),
            ("boolean", _) => Some(json!(false)),
            _ => None,
        }
    }

    fn object(&self, schema: &'a Value, place: Place<'a>) -> Value {
        let required = schema.get("required").and_then(Value::as_array);
        let fields = schema.get("properties").and_then(Value::as_object);
        let mut whole = Map::new();
        for (field, inner) in fields.into_iter().flatten() {
            let needed = required.is_some_and(|names| names.iter().any(|name| name == field));
            let about_ids = field.ends_with("_id") || field == "tags";
            if self.sparing && !needed && about_ids {
                continue;
            }
            let inner_place = Place {
                field,
                depth: place.depth + 1,
                ..place
            };
            if let Some(example) = self.of(inner, inner_place) {
                whole.insert(field.clone(), example);
            }
        }
        whole.into()
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema
        .get("$ref")?
        .as_str()?
        .strip_prefix("#/components/schemas/")
}

/// A schema's type, the first that is not null.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    }
}

/// What a field's name stands for, by its schema where that makes a difference.
fn meaning(place: Place<'_>) -> Option<Value> {
    let of = |prefixes: &[&str]| {
        prefixes
            .iter()
            .any(|prefix| place.schema.starts_with(prefix))
    };
    let text = match place.field {
        "name" if of(&["Project", "CreateProject", "UpdateProject", "ListedProject"]) => {
            "NaijaHomes"
        }
        "name" if of(&["Attachment"]) => "error.log",
        "name" if of(&["Label", "Categor", "CreateCategory", "UpdateCategory"]) => "Billing",
        "name" if of(&["CreateTag"]) => "refund",
        "name" if of(&["Policy", "CreatePolicy", "UpdatePolicy"]) => "High",
        "name" if of(&["Calendar", "CreateCalendar", "UpdateCalendar"]) => "Lagos office",
        "name" if of(&["ListedApiKey", "CreateApiKey"]) => "Production",
        "name" => "Ngozi Okafor",
        "slug" => "naijahomes",
        "prefix" => "NAIJ",
        "timezone" => "Africa/Lagos",
        "website_url" => "https://naijahomes.example",
        "support_email" => "help@naijahomes.example",
        "email" => "ngozi@naijahomes.example",
        "phone" | "customer_phone" => "+234 803 000 0000",
        "department" => "Support",
        "password" if of(&["Login"]) => "password",
        "password" | "password_confirmation" => "correct horse battery",
        "token" => "kqZ4yB0m3vJt9sXw",
        "access_token" => "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIyIn0.c2lnbmF0dXJl",
        "token_type" => "bearer",
        "customer_name" | "from" if !of(&["Change", "AuditChange"]) => "Tunde Adeyemi",
        "customer_email" => "tunde@example.com",
        "customer_id" | "external_customer_id" => "cust-4711",
        "assigned_to" if of(&["External"]) => "Ngozi Okafor",
        "ticket_number" => "NAIJ-2024-00043",
        "ticket" if of(&["Replied", "Closed"]) => "NAIJ-2024-00043",
        "subject" => "Cannot upload photos",
        "description" if of(&["Project", "CreateProject", "UpdateProject", "ListedProject"]) => {
            "Homes to rent and to buy."
        }
        "description" if of(&["Categor", "CreateCategory", "UpdateCategory"]) => {
            "Invoices and refunds."
        }
        "description" => "The button does nothing.",
        "body" if of(&["CreateResponse", "UpdateResponse", "ResponseBody"]) => {
            "Hello {{customer_name}}, we are looking into it."
        }
        "body" => "Thank you, it works again.",
        "title" => "First answer",
        "shortcut" => "hello",
        "comment" => "Quick and friendly.",
        "color" => "#EF4444",
        "category" => return category(place),
        "content_type" => "text/plain",
        "source" => "portal",
        "status" => return status(place),
        "priority" => priority(place),
        "type" if of(&["Actor", "AuditActor"]) => "user",
        "type" if of(&["AuditTarget"]) => "project",
        "type" if of(&["Activity"]) => "status_changed",
        "field" => "status",
        "to" if of(&["Change", "AuditChange"]) => "resolved",
        "from" => "in_progress",
        "action" => "project.updated",
        "address" => "203.0.113.7",
        "next_cursor" => "eyJhdCI6MTcxMzY5MDAwMDAwMDAwMCwiaWQiOjQzfQ",
        "id" if of(&["Ticket", "Project", "User", "Person", "Page"]) => return Some(json!(43)),
        "ticket_id" => return Some(json!(43)),
        "size" => return Some(json!(2_048)),
        "score" => return Some(json!(5)),
        "first_response_minutes" => return Some(json!(60)),
        "resolution_minutes" => return Some(json!(480)),
        "metadata" => return Some(json!({"plan": "gold"})),
        "settings" => return Some(json!({"greeting": "Welcome"})),
        "children" => return Some(json!([])),
        "hours" => return Some(json!({"mon": [["09:00", "12:00"], ["13:00", "17:00"]]})),
        "active" | "is_active" | "is_lead" => return Some(json!(true)),
        "resolved_at" | "closed_at" if of(&["Ticket", "External"]) => return Some(Value::Null),
        _ => return None,
    };
    Some(text.into())
}

/// A report's row has the category's name, a ticket the category.
fn category(place: Place<'_>) -> Option<Value> {
    place
        .schema
        .starts_with("CategoryRow")
        .then(|| "Billing".into())
}

fn status(place: Place<'_>) -> Option<Value> {
    match place.schema {
        "Pong" => Some("ok".into()),
        "SetStatus" => Some("resolved".into()),
        _ => None,
    }
}

fn priority(place: Place<'_>) -> &'static str {
    if place.schema.starts_with("Policy") {
        "high"
    } else {
        "medium"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_put_together_from_the_schemas() {
        let content =
            json!({"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}});
        let mut document = json!({
            "paths": {"/nodes": {"post": {
                "requestBody": {"content": content},
                "responses": {"201": {"content": content}, "404": {"content": content}},
            }}},
            "components": {"schemas": {"Node": {
                "type": "object",
                "required": ["subject"],
                "properties": {
                    "subject": {"type": "string"},
                    "category_id": {"type": ["integer", "null"]},
                    "weight": {"type": "number", "example": 2.5},
                    "next": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Node"}]},
                },
            }}},
        });
        fill(document.as_object_mut().unwrap());
        let operation = &document["paths"]["/nodes"]["post"];
        let of = |body: &Value| body["content"]["application/json"]["example"].clone();
        let (request, answer) = (
            of(&operation["requestBody"]),
            of(&operation["responses"]["201"]),
        );
        assert_eq!(request["subject"], "Cannot upload photos");
        assert_eq!(request["weight"], 2.5);
        assert!(request["category_id"].is_null(), "needed by nobody");
        assert_eq!(answer["category_id"], 1);
        assert_eq!(answer["next"]["next"]["category_id"], 1);
        assert!(of(&operation["responses"]["404"]).is_null());
    }
}
