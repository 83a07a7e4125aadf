//! Tickets, in the portal and by key.

use desk_testkit::eventually;
use serde_json::{Value, json};

use super::{Actor, Desk, Walk, change, tells};

pub(super) async fn tickets(walk: &mut Walk, desk: &Desk) {
    let Desk {
        admin,
        agent,
        customer,
        ..
    } = desk;
    let body = json!({"project_id": desk.project, "subject": "Help", "description": "Please."});
    let filed = walk.call(customer, "POST /tickets", "/tickets", body).await;
    let id = filed["ticket"]["id"].as_i64().unwrap();
    let opened = [change("status", Value::Null, "open")];
    assert!(tells(&walk.activities(id).await, customer, &opened));
    let path = format!("/tickets/{id}");
    eventually(async || agent.person.get(&path).await.status == 200).await;

    let route = ("PUT /tickets/{id}", path.as_str());
    let told = [
        change("subject", "Help", "New"),
        change("priority", "medium", "high"),
        change("category_id", Value::Null, 2),
        change("tags", json!([]), json!([1])),
    ];
    let body = json!({"subject": "New", "priority": "high", "category_id": 2, "tags": [1]});
    walk.on_ticket(agent, route, id, body, &told).await;
    let route = ("PATCH /tickets/{id}", path.as_str());
    let told = [change("description", "Please.", "Now.")];
    walk.on_ticket(agent, route, id, json!({"description": "Now."}), &told)
        .await;
    let assign = format!("{path}/assign");
    let route = ("PATCH /tickets/{id}/assign", assign.as_str());
    let told = [change("assigned_to", Value::Null, agent.id)];
    walk.on_ticket(admin, route, id, json!({"user_id": agent.id}), &told)
        .await;
    assert!(tells(
        &walk.activities(id).await,
        admin,
        &[change("status", "open", "in_progress")]
    ));
    let route = ("PUT /tickets/{id}/assign", assign.as_str());
    let told = [change("assigned_to", agent.id, Value::Null)];
    walk.on_ticket(agent, route, id, json!({"user_id": null}), &told)
        .await;
    let status = format!("{path}/status");
    let route = ("PUT /tickets/{id}/status", status.as_str());
    let told = [change("status", "in_progress", "pending_customer")];
    let body = json!({"status": "pending_customer"});
    walk.on_ticket(agent, route, id, body, &told).await;
    let messages = format!("{path}/messages");
    let route = ("POST /tickets/{id}/messages", messages.as_str());
    for (by, body) in [
        (agent, json!({"body": "note", "type": "note"})),
        (agent, json!({"body": "reply"})),
        (customer, json!({"body": "reply"})),
    ] {
        let said = walk.on_ticket(by, route, id, body, &[]).await;
        walk.message_told(by, route.0, id, &said["message"]["id"])
            .await;
    }
    let route = ("PATCH /tickets/{id}/status", status.as_str());
    let told = [change("status", "open", "resolved")];
    walk.on_ticket(agent, route, id, json!({"status": "resolved"}), &told)
        .await;
    let rating = format!("{path}/rating");
    let route = ("POST /tickets/{id}/rating", rating.as_str());
    let told = [change("rating", Value::Null, 5)];
    walk.on_ticket(customer, route, id, json!({"score": 5}), &told)
        .await;
    let watch = format!("{path}/watch");
    let route = ("POST /tickets/{id}/watch", watch.as_str());
    let told = [change("watching", false, true)];
    walk.on_ticket(agent, route, id, json!({}), &told).await;

    walk.call(admin, "DELETE /tickets/{id}", &path, Value::Null)
        .await;
    let restore = format!("/admin{path}/restore");
    let route = "POST /admin/tickets/{id}/restore";
    walk.call(admin, route, &restore, json!({})).await;
    let entries = walk.activities(id).await;
    for told in [
        change("deleted", false, true),
        change("deleted", true, false),
    ] {
        assert!(tells(&entries, admin, &[told]), "{entries:?}");
    }
    // The customer's part tells of no note.
    let seen = customer.person.get(&path).await.expect(200)["ticket"]["activities"].clone();
    let kinds: Vec<&Value> = seen
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["type"])
        .collect();
    assert!(kinds.contains(&&json!("reply_added")) && !kinds.contains(&&json!("note_added")));
}

pub(super) async fn by_key(walk: &mut Walk, shop: &Actor) {
    let body = json!({
        "customer_name": "V", "customer_email": "v@example.com",
        "subject": "Help", "description": "Please.",
    });
    let path = "/external/tickets";
    let filed = walk.call(shop, "POST /external/tickets", path, body).await;
    let id = filed["ticket_id"].as_i64().unwrap();
    let opened = [change("status", Value::Null, "open")];
    assert!(tells(&walk.activities(id).await, shop, &opened));
    let path = format!("{path}/{}", filed["ticket_number"].as_str().unwrap());
    let reply = format!("{path}/reply");
    let route = (
        "POST /external/tickets/{ticket_number}/reply",
        reply.as_str(),
    );
    let body = json!({"body": "x", "customer_email": "v@example.com"});
    let said = walk.on_ticket(shop, route, id, body, &[]).await;
    walk.message_told(shop, route.0, id, &said["message_id"])
        .await;
    let close = format!("{path}/close");
    let route = (
        "POST /external/tickets/{ticket_number}/close",
        close.as_str(),
    );
    let body = json!({"customer_email": "v@example.com"});
    let told = [change("status", "open", "closed")];
    walk.on_ticket(shop, route, id, body, &told).await;
}
