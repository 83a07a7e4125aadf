//! Tickets, their messages and their files, in the portal.

use serde_json::{Value::Null, json};

use super::{NOBODYS, Row, call, row, stage::Stage};

pub fn rows(stage: &Stage) -> Vec<Row> {
    let mut rows = tickets(stage);
    rows.extend(moves(stage));
    rows.extend(words(stage));
    rows.extend(ends(stage));
    rows
}

fn tickets(stage: &Stage) -> Vec<Row> {
    let (agent, customer, ticket) = (&stage.agent, &stage.customer, stage.ticket);
    let new = json!({
        "project_id": stage.project.id, "subject": "Help", "description": "Please.",
        "priority": "high", "metadata": {"page": 1},
    });
    vec![
        row(
            "POST /tickets",
            call(customer, "", new, 201),
            call(customer, "", json!({"priority": "urgent"}), 422),
        ),
        row(
            "GET /tickets",
            call(agent, "?status=open&sort=-priority&per_page=1", Null, 200),
            call(agent, "?per_page=101", Null, 422),
        ),
        row(
            "GET /tickets/{id}",
            call(customer, ticket, Null, 200),
            call(customer, NOBODYS, Null, 404),
        ),
        row(
            "PUT /tickets/{id}",
            call(agent, ticket, json!({"priority": "low"}), 200),
            call(customer, ticket, json!({"priority": "low"}), 403),
        ),
        row(
            "PATCH /tickets/{id}",
            call(customer, ticket, json!({"subject": "Photos"}), 200),
            call(agent, ticket, json!({"subject": "x".repeat(256)}), 422),
        ),
        row(
            "GET /attachments/{id}",
            call(customer, stage.file, Null, 200),
            call(&stage.unverified, stage.file, Null, 404),
        ),
    ]
}

fn moves(stage: &Stage) -> Vec<Row> {
    let (agent, ticket) = (&stage.agent, stage.ticket);
    vec![
        row(
            "PATCH /tickets/{id}/assign",
            call(agent, ticket, json!({"user_id": agent.id}), 200),
            call(agent, ticket, json!({"user_id": stage.customer.id}), 422),
        ),
        row(
            "PUT /tickets/{id}/assign",
            call(agent, ticket, json!({"user_id": null}), 200),
            call(&stage.customer, ticket, json!({}), 403),
        ),
        row(
            "PATCH /tickets/{id}/status",
            call(agent, ticket, json!({"status": "pending_customer"}), 200),
            call(agent, ticket, json!({"status": "new"}), 422),
        ),
        row(
            "PUT /tickets/{id}/status",
            call(agent, ticket, json!({"status": "open"}), 200),
            call(agent, NOBODYS, json!({"status": "open"}), 404),
        ),
        row(
            "POST /tickets/{id}/watch",
            call(agent, ticket, json!({}), 200),
            call(agent, NOBODYS, json!({}), 404),
        ),
    ]
}

fn words(stage: &Stage) -> Vec<Row> {
    let (customer, ticket) = (&stage.customer, stage.ticket);
    vec![
        row(
            "POST /tickets/{id}/messages",
            call(customer, ticket, json!({"body": "More."}), 201),
            call(customer, ticket, json!({"body": "x", "type": "note"}), 403),
        ),
        row(
            "GET /tickets/{id}/messages",
            call(customer, format!("{ticket}?page=1"), Null, 200),
            call(customer, format!("{ticket}?page=0"), Null, 422),
        ),
        row(
            "POST /tickets/{id}/rating",
            call(customer, stage.resolved, json!({"score": 5}), 201),
            call(customer, stage.resolved, json!({"score": 5}), 409),
        ),
    ]
}

fn ends(stage: &Stage) -> Vec<Row> {
    let root = &stage.root;
    vec![
        row(
            "DELETE /tickets/{id}",
            call(root, stage.spare_ticket, Null, 200),
            call(root, stage.spare_ticket, Null, 404),
        ),
        row(
            "POST /admin/tickets/{id}/restore",
            call(root, stage.deleted_ticket, json!({}), 200),
            call(&stage.agent, stage.deleted_ticket, json!({}), 403),
        ),
    ]
}
