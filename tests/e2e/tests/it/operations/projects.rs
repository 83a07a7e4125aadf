//! Projects, their agents and their keys.

use serde_json::{Value::Null, json};

use super::{NOBODYS, Row, call, row, stage::Stage};

pub fn rows(stage: &Stage) -> Vec<Row> {
    let mut rows = open(stage);
    rows.extend(projects(stage));
    rows.extend(agents(stage));
    rows.extend(keys(stage));
    rows.push(row(
        "DELETE /admin/projects/{id}",
        call(&stage.root, stage.spare_project.id, Null, 200),
        call(&stage.root, stage.spare_project.id, Null, 404),
    ));
    rows
}

fn open(stage: &Stage) -> Vec<Row> {
    let id = stage.project.id;
    vec![
        row(
            "GET /projects",
            call(&stage.customer, "?per_page=1", Null, 200),
            call(&stage.customer, "?per_page=0", Null, 422),
        ),
        row(
            "GET /projects/{id}/agents",
            call(&stage.agent, id, Null, 200),
            call(&stage.customer, id, Null, 403),
        ),
    ]
}

fn projects(stage: &Stage) -> Vec<Row> {
    let (root, id) = (&stage.root, stage.spare_project.id);
    let new = json!({"name": "Market", "timezone": "Africa/Lagos", "settings": {"a": 1}});
    vec![
        row(
            "GET /admin/projects",
            call(root, "?active=true&search=agri", Null, 200),
            call(root, "?active=maybe", Null, 422),
        ),
        row(
            "POST /admin/projects",
            call(root, "", new, 201),
            call(root, "", json!({"timezone": "Nowhere"}), 422),
        ),
        row(
            "GET /admin/projects/{id}",
            call(root, id, Null, 200),
            call(root, NOBODYS, Null, 404),
        ),
        row(
            "PUT /admin/projects/{id}",
            call(root, id, json!({"description": "Seeds."}), 200),
            call(root, id, json!({"support_email": "x"}), 422),
        ),
        row(
            "PATCH /admin/projects/{id}",
            call(root, id, json!({"website_url": null}), 200),
            call(&stage.agent, id, json!({}), 403),
        ),
    ]
}

fn agents(stage: &Stage) -> Vec<Row> {
    let (root, id, agent) = (&stage.root, stage.spare_project.id, stage.agent.id);
    vec![
        row(
            "POST /admin/projects/{id}/agents",
            call(root, id, json!({"user_id": agent, "is_lead": true}), 201),
            call(root, id, json!({"user_id": stage.customer.id}), 422),
        ),
        row(
            "DELETE /admin/projects/{id}/agents/{userId}",
            call(root, format!("{id}/{agent}"), Null, 200),
            call(root, format!("{id}/{NOBODYS}"), Null, 404),
        ),
    ]
}

fn keys(stage: &Stage) -> Vec<Row> {
    let (root, id, key) = (
        &stage.root,
        stage.spare_project.id,
        stage.spare_project.key_id,
    );
    let new = json!({"name": "Shop", "allowed_ips": ["10.0.0.0/8", "::1"]});
    vec![
        row(
            "POST /admin/projects/{id}/api-keys",
            call(root, id, new, 201),
            call(
                root,
                id,
                json!({"name": "Shop", "expires_at": "2020-01-01"}),
                422,
            ),
        ),
        row(
            "GET /admin/projects/{id}/api-keys",
            call(root, id, Null, 200),
            call(&stage.agent, id, Null, 403),
        ),
        row(
            "DELETE /admin/projects/{id}/api-keys/{keyId}",
            call(root, format!("{id}/{key}"), Null, 200),
            call(root, format!("{id}/{NOBODYS}"), Null, 404),
        ),
    ]
}
