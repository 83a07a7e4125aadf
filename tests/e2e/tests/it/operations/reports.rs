//! The six reports, and building them anew.

use serde_json::{Value::Null, json};

use super::{NOBODYS, Row, call, row, stage::Stage};

pub fn rows(stage: &Stage) -> Vec<Row> {
    let root = &stage.root;
    let foreign = format!("?project_id={NOBODYS}");
    vec![
        row(
            "GET /reports/overview",
            call(root, "?from=2026-01-01&to=2026-01-31", Null, 200),
            call(root, "?from=2026-02-30", Null, 422),
        ),
        row(
            "GET /reports/projects",
            call(root, "", Null, 200),
            call(&stage.customer, "", Null, 403),
        ),
        row(
            "GET /reports/agents",
            call(root, "?format=csv", Null, 200),
            call(root, "?format=pdf", Null, 422),
        ),
        row(
            "GET /reports/volume",
            call(root, "?group_by=week", Null, 200),
            call(root, "?group_by=year", Null, 422),
        ),
        row(
            "GET /reports/sla",
            call(root, "", Null, 200),
            call(root, "?from=2026-02-01&to=2026-01-01", Null, 422),
        ),
        row(
            "GET /reports/categories",
            call(root, "", Null, 200),
            call(root, foreign, Null, 404),
        ),
        row(
            "POST /admin/reports/rebuild",
            call(root, "", json!({}), 202),
            call(&stage.agent, "", json!({}), 403),
        ),
        row(
            "GET /admin/reports/rebuild",
            call(root, "", Null, 200),
            call(&stage.stranger, "", Null, 401),
        ),
    ]
}
