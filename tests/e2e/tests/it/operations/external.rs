//! What external projects call, by their keys.

use serde_json::{Value::Null, json};

use super::{NOBODYS, Row, call, row, stage::Stage};

pub fn rows(stage: &Stage) -> Vec<Row> {
    let (shop, number) = (&stage.shop, stage.number.as_str());
    let new = json!({
        "customer_name": "W", "customer_email": "w@example.com",
        "subject": "Help", "description": "Please.", "customer_id": 7,
    });
    let by = |email: &str| json!({"body": "More.", "customer_email": email});
    vec![
        row(
            "GET /external/ping",
            call(shop, "", Null, 200),
            call(&stage.root, "", Null, 401),
        ),
        row(
            "POST /external/tickets",
            call(shop, "", new, 201),
            call(shop, "", json!([]), 422),
        ),
        row(
            "GET /external/tickets",
            call(shop, "?customer_email=v@example.com", Null, 200),
            call(shop, "?status=new", Null, 422),
        ),
        row(
            "GET /external/tickets/{ticket_number}",
            call(shop, number, Null, 200),
            call(shop, "NAIJ-2024-99999", Null, 404),
        ),
        row(
            "POST /external/tickets/{ticket_number}/reply",
            call(shop, number, by("V@example.com"), 201),
            call(shop, number, by("w@example.com"), 403),
        ),
        row(
            "POST /external/tickets/{ticket_number}/close",
            call(shop, number, by("v@example.com"), 200),
            call(shop, number, json!({}), 422),
        ),
        row(
            "GET /external/attachments/{id}",
            call(shop, stage.file, Null, 200),
            call(shop, NOBODYS, Null, 404),
        ),
    ]
}
