//! Categories, tags, SLA policies, calendars and canned responses.

use serde_json::{Value::Null, json};

use super::{NOBODYS, Row, call, row, stage::Stage};

pub fn rows(stage: &Stage) -> Vec<Row> {
    let mut rows = categories(stage);
    rows.extend(tags(stage));
    rows.extend(policies(stage));
    rows.extend(calendars(stage));
    rows.extend(responses(stage));
    rows
}

fn categories(stage: &Stage) -> Vec<Row> {
    let (root, id) = (&stage.root, stage.category);
    vec![
        row(
            "GET /categories",
            call(&stage.customer, "", Null, 200),
            call(&stage.stranger, "", Null, 401),
        ),
        row(
            "POST /categories",
            call(root, "", json!({"name": "New", "color": "#00FF00"}), 201),
            call(root, "", json!({"name": "New", "color": "green"}), 422),
        ),
        row(
            "PUT /categories/{id}",
            call(root, id, json!({"name": "Other"}), 200),
            call(root, id, json!({"parent_id": id}), 422),
        ),
        row(
            "PATCH /categories/{id}",
            call(root, id, json!({"description": "All else."}), 200),
            call(root, NOBODYS, json!({"name": "x"}), 404),
        ),
        row(
            "DELETE /categories/{id}",
            call(root, id, Null, 200),
            call(&stage.agent, id, Null, 403),
        ),
    ]
}

fn tags(stage: &Stage) -> Vec<Row> {
    let (agent, id) = (&stage.agent, stage.tag);
    vec![
        row(
            "GET /tags",
            call(&stage.customer, "", Null, 200),
            call(&stage.stranger, "", Null, 401),
        ),
        row(
            "POST /tags",
            call(agent, "", json!({"name": "red"}), 201),
            call(agent, "", json!({"name": "RED"}), 422),
        ),
        row(
            "DELETE /tags/{id}",
            call(agent, id, Null, 200),
            call(agent, id, Null, 404),
        ),
    ]
}

fn policies(stage: &Stage) -> Vec<Row> {
    let (root, customer, id) = (&stage.root, &stage.customer, stage.policy);
    let new = json!({
        "name": "Own", "priority": "low", "project_id": stage.project.id,
        "first_response_minutes": 1, "resolution_minutes": 2,
    });
    vec![
        row(
            "GET /sla",
            call(customer, "", Null, 200),
            call(customer, "?project_id=x", Null, 422),
        ),
        row(
            "GET /admin/sla",
            call(customer, "", Null, 200),
            call(&stage.forger, "", Null, 401),
        ),
        row(
            "POST /admin/sla",
            call(root, "", new.clone(), 201),
            call(root, "", new, 422),
        ),
        row(
            "PUT /admin/sla/{id}",
            call(root, id, json!({"resolution_minutes": 3}), 200),
            call(root, id, json!({"resolution_minutes": 525_601}), 422),
        ),
        row(
            "PATCH /admin/sla/{id}",
            call(root, id, json!({"pause_while_pending": true}), 200),
            call(&stage.agent, id, json!({}), 403),
        ),
        row(
            "DELETE /admin/sla/{id}",
            call(root, id, Null, 200),
            call(root, id, Null, 404),
        ),
    ]
}

fn calendars(stage: &Stage) -> Vec<Row> {
    let (root, id) = (&stage.root, stage.calendar);
    let new = json!({
        "name": "Night", "timezone": "Africa/Lagos",
        "hours": {"fri": [["22:00", "06:00"]]}, "holidays": ["2026-12-25"],
    });
    vec![
        row(
            "GET /admin/calendars",
            call(root, "", Null, 200),
            call(&stage.customer, "", Null, 403),
        ),
        row(
            "POST /admin/calendars",
            call(root, "", new, 201),
            call(
                root,
                "",
                json!({"name": "x", "timezone": "UTC", "hours": {}}),
                422,
            ),
        ),
        row(
            "PUT /admin/calendars/{id}",
            call(root, id, json!({"timezone": "Europe/Berlin"}), 200),
            call(root, id, json!({"timezone": "Nowhere"}), 422),
        ),
        row(
            "PATCH /admin/calendars/{id}",
            call(root, id, json!({"holidays": ["2026-01-01"]}), 200),
            call(root, NOBODYS, json!({}), 404),
        ),
        row(
            "DELETE /admin/calendars/{id}",
            call(root, id, Null, 200),
            call(root, id, Null, 404),
        ),
    ]
}

fn responses(stage: &Stage) -> Vec<Row> {
    let (agent, root, id) = (&stage.agent, &stage.root, stage.response);
    let new = json!({"title": "Hi", "body": "Hello {{customer_name}}", "shortcut": "hi"});
    let on = |ticket: &str| format!("{id}?ticket_id={ticket}");
    vec![
        row(
            "GET /canned-responses",
            call(agent, "?search=hel", Null, 200),
            call(&stage.customer, "", Null, 403),
        ),
        row(
            "POST /canned-responses",
            call(agent, "", new, 201),
            call(agent, "", json!({"title": ""}), 422),
        ),
        row(
            "GET /canned-responses/{id}/render",
            call(agent, on(&stage.ticket.to_string()), Null, 200),
            call(agent, on(NOBODYS), Null, 404),
        ),
        row(
            "PUT /canned-responses/{id}",
            call(root, id, json!({"title": "Hi"}), 200),
            call(root, id, json!({"body": null}), 422),
        ),
        row(
            "PATCH /canned-responses/{id}",
            call(root, id, json!({"shortcut": null}), 200),
            call(agent, id, json!({"title": "Mine"}), 403),
        ),
        row(
            "DELETE /canned-responses/{id}",
            call(root, id, Null, 200),
            call(root, id, Null, 404),
        ),
    ]
}
