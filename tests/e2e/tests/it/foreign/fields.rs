//! Fields that are not the sender's to set.

use serde_json::{Value, json};

use super::{Desk, silent};

#[tokio::test]
async fn fields_that_are_not_the_senders_to_set_change_nothing() {
    let desk = Desk::start("unasked").await;
    let Desk {
        world,
        root,
        ours,
        theirs,
        ..
    } = &desk;
    let (agent, customer) = (&ours.agent, &ours.customer);

    // What a ticket is, is decided by the desk.
    let claims = json!({
        "id": theirs.ticket, "ticket_number": theirs.number, "ticket_id": theirs.ticket,
        "creator_id": theirs.customer.id, "creator": {"id": theirs.customer.id},
        "user_id": theirs.customer.id, "assigned_to": theirs.agent.id, "status": "closed",
        "source": "api", "version": 99, "customer_email": theirs.customer.email,
        "sla_policy_id": 1, "first_response_breached": true, "created_at": "2020-01-01T00:00:00Z",
        "body": "x", "is_agent": true, "is_first_response": true, "subject": "x",
        "description": "x",
    });
    let with = |more: Value| {
        let mut body = claims.clone();
        body.as_object_mut()
            .unwrap()
            .append(&mut more.as_object().unwrap().clone());
        body
    };
    let filed = customer
        .post("/tickets", with(json!({"project_id": ours.project.id})))
        .await;
    let filed = silent(filed, 201, "filed by a customer")["ticket"].clone();
    assert_eq!(filed["creator"]["id"], customer.id);
    assert_eq!(filed["customer_email"], customer.email);
    let by_key = json!({
        "customer_name": "V", "customer_email": "v@example.com", "project_id": theirs.project.id,
    });
    let filed_by_key = ours.shop.post("/external/tickets", with(by_key)).await;
    let by_key = desk
        .ticket(filed_by_key.expect(201)["ticket_id"].as_i64().unwrap())
        .await;
    assert_eq!(
        (&by_key["source"], &by_key["creator"]["id"]),
        (&json!("api"), &Value::Null)
    );
    for ticket in [&filed, &by_key] {
        assert_ne!(ticket["id"], theirs.ticket);
        assert_eq!(ticket["project"]["id"], ours.project.id);
        assert_eq!(
            (&ticket["status"], &ticket["assigned_to"]),
            (&json!("open"), &Value::Null)
        );
        assert_eq!(ticket["version"], 1);
        assert_eq!(ticket["first_response_breached"], false);
    }
    let path = format!("/tickets/{}", filed["id"]);
    let moved = with(json!({"project_id": theirs.project.id}));
    for person in [agent, customer] {
        let answer = person.put(&path, moved.clone()).await;
        let ticket = silent(answer, 200, &person.email)["ticket"].clone();
        for field in [
            "id",
            "ticket_number",
            "project",
            "creator",
            "customer_email",
            "source",
            "status",
        ] {
            assert_eq!(ticket[field], filed[field], "{field} by {}", person.email);
        }
    }
    let said = customer
        .post(&format!("{path}/messages"), claims.clone())
        .await;
    let said = silent(said, 201, "a customer's reply")["message"].clone();
    assert_eq!(
        (&said["user"]["id"], &said["is_agent"]),
        (&json!(customer.id), &json!(false))
    );
    assert_eq!(said["is_first_response"], false);

    // Nor does anybody promote, verify or rename the address of oneself.
    let promotion = json!({
        "id": root.id, "role": "admin", "is_active": true, "email_verified_at": "2020-01-01T00:00:00Z",
        "email": "root@desk.test", "generation": 0, "projects": [theirs.project.id], "name": "Rita",
        "password": "password", "password_confirmation": "password",
    });
    customer
        .put("/auth/profile", promotion.clone())
        .await
        .expect(200);
    let me = customer.get("/auth/me").await.expect(200)["user"].clone();
    assert_eq!(
        (&me["id"], &me["role"]),
        (&json!(customer.id), &json!("customer"))
    );
    assert_eq!(me["email"], customer.email);
    let rita = world
        .stranger()
        .post("/auth/register", promotion)
        .await
        .expect(201);
    let rita = world.bearer(rita["access_token"].as_str().unwrap());
    let me = rita.get("/auth/me").await.expect(200)["user"].clone();
    assert_ne!(me["id"], root.id);
    assert_eq!(
        (&me["role"], &me["email_verified_at"]),
        (&json!("customer"), &Value::Null)
    );
    assert_eq!(me["projects"], json!([]));

    let untouched = desk.ticket(theirs.ticket).await;
    assert_eq!(
        (&untouched["version"], &untouched["reply_count"]),
        (&json!(1), &json!(0))
    );
    desk.world.stop().await;
}
