//! Categories, tags, canned responses, SLA policies and calendars.

use serde_json::{Value, json};

use super::{Actor, Walk, change};

impl Walk {
    /// Makes, changes (by both methods) and deletes a named thing of the configuration.
    pub(super) async fn configured(&mut self, by: &Actor, thing: &Thing) {
        let Thing {
            kind,
            path,
            body,
            field,
        } = thing;
        let answer = self
            .call(by, &format!("POST {path}"), path, body.clone())
            .await;
        let id = &answer[*kind]["id"];
        let (one, route) = (format!("{path}/{id}"), format!("{path}/{{id}}"));
        let target = format!("{kind}:{id}");
        let first = body[*field].clone();
        let made = [change(field, Value::Null, first.clone())];
        self.audited(by, &format!("{kind}.created"), &target, &made)
            .await;
        let mut name = first;
        let methods: &[&str] = if thing.is_changed() {
            &["PUT", "PATCH"]
        } else {
            &[]
        };
        for method in methods {
            let told = [change(field, name, *method)];
            name = json!(method);
            let call = (format!("{method} {route}"), format!("{kind}.updated"));
            let call = (
                (call.0.as_str(), one.as_str()),
                (call.1.as_str(), target.as_str()),
            );
            self.on_target(by, call.0, json!({*field: method}), call.1, &told)
                .await;
        }
        let gone = [change(field, name, Value::Null)];
        let call = (format!("DELETE {route}"), format!("{kind}.deleted"));
        let call = (
            (call.0.as_str(), one.as_str()),
            (call.1.as_str(), target.as_str()),
        );
        self.on_target(by, call.0, Value::Null, call.1, &gone).await;
    }
}

/// A kind of thing of the configuration, and a new one of it.
pub(super) struct Thing {
    kind: &'static str,
    path: &'static str,
    body: Value,
    field: &'static str,
}

impl Thing {
    fn is_changed(&self) -> bool {
        self.kind != "tag"
    }
}

pub(super) fn things(project: i64) -> [Thing; 5] {
    let hours = json!({"mon": [["09:00", "17:00"]]});
    [
        Thing {
            kind: "category",
            path: "/categories",
            body: json!({"name": "Uploads"}),
            field: "name",
        },
        Thing {
            kind: "tag",
            path: "/tags",
            body: json!({"name": "Uploads"}),
            field: "name",
        },
        Thing {
            kind: "canned_response",
            path: "/canned-responses",
            body: json!({"title": "Uploads", "body": "Hello", "is_shared": true}),
            field: "title",
        },
        Thing {
            kind: "sla_policy",
            path: "/admin/sla",
            body: json!({
                "name": "Own", "priority": "low", "project_id": project,
                "first_response_minutes": 1, "resolution_minutes": 2,
            }),
            field: "name",
        },
        Thing {
            kind: "calendar",
            path: "/admin/calendars",
            body: json!({"name": "Office", "timezone": "UTC", "hours": hours}),
            field: "name",
        },
    ]
}
