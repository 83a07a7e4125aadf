//! Ids in bodies, and fields that are not the sender's to set.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Desk, NOTHING, external, refused};
use crate::isolation::{CANARY, silent};

#[tokio::test]
async fn an_id_in_a_body_is_looked_up_as_its_sender() {
    let desk = Desk::start("foreign").await;
    let Desk {
        admin,
        ours,
        theirs,
        ..
    } = &desk;
    let (agent, customer) = (&ours.agent, &ours.customer);
    let own = format!("/tickets/{}", ours.ticket);
    let assign = format!("{own}/assign");
    let agents = format!("/admin/projects/{}/agents", ours.project.id);

    let ticket = |project: i64| json!({"description": "x", "project_id": project, "subject": "x"});
    for (who, project) in [
        (agent, theirs.project.id),
        (agent, NOTHING),
        (customer, NOTHING),
        (admin, NOTHING),
    ] {
        let answer = who.post("/tickets", ticket(project)).await;
        let answer = silent(answer, 422, &who.email);
        assert!(answer["details"]["project_id"].is_array(), "{answer}");
    }
    for who in [agent, customer, admin] {
        for (field, value) in [("category_id", json!(NOTHING)), ("tags", json!([NOTHING]))] {
            let mut body = ticket(ours.project.id);
            body[field] = value.clone();
            let answer = silent(who.post("/tickets", body).await, 422, field);
            assert!(answer["details"][field].is_array(), "{answer}");
            let status = if who.id == customer.id { 403 } else { 422 };
            refused(who, Method::PUT, &own, json!({field: value}), status).await;
        }
    }
    for user in [theirs.agent.id, theirs.customer.id, customer.id, NOTHING] {
        for (who, status) in [(agent, 422), (admin, 422), (customer, 403)] {
            refused(
                who,
                Method::PATCH,
                &assign,
                json!({"user_id": user}),
                status,
            )
            .await;
        }
    }
    for user in [theirs.customer.id, customer.id, NOTHING] {
        for (who, status) in [(admin, 422), (agent, 403), (customer, 403)] {
            refused(who, Method::POST, &agents, json!({"user_id": user}), status).await;
        }
    }
    for field in ["project_id", "calendar_id"] {
        let mut policy = json!({
            "priority": "low", "project_id": ours.project.id,
            "first_response_minutes": 1, "resolution_minutes": 2,
        });
        policy[field] = json!(NOTHING);
        for (who, status) in [(admin, 422), (agent, 403), (customer, 403)] {
            let answer = silent(who.post("/admin/sla", policy.clone()).await, status, field);
            let named = answer["details"][field].is_array();
            assert_eq!(named, status == 422, "{answer}");
        }
    }
    for parent in [NOTHING, -1] {
        for (who, status) in [(admin, 422), (agent, 403), (customer, 403)] {
            let body = json!({"parent_id": parent, "name": "x"});
            let move_below = json!({"parent_id": parent});
            refused(who, Method::PUT, "/categories/1", move_below, status).await;
            let answer = silent(who.post("/categories", body).await, status, "parent_id");
            assert_eq!(
                answer["details"]["parent_id"].is_array(),
                status == 422,
                "{answer}"
            );
        }
    }
    // Of the other project, by a path that names this one.
    let project = format!("/admin/projects/{}", ours.project.id);
    for foreign in [
        format!("{project}/agents/{}", theirs.agent.id),
        format!("{project}/api-keys/{}", theirs.project.key_id),
    ] {
        silent(admin.delete(&foreign).await, 404, &foreign);
    }
    theirs.shop.get("/external/ping").await.expect(200);
    theirs
        .agent
        .get(&format!("/tickets/{}", theirs.ticket))
        .await
        .expect(200);

    let answer = silent(
        ours.shop.post("/external/tickets", external()).await,
        422,
        "by key",
    );
    assert!(answer["details"]["category_id"].is_array(), "{answer}");
    let number = &ours.number;
    for call in ["reply", "close"] {
        let path = format!("/external/tickets/{number}/{call}");
        let body = json!({"body": "x", "customer_email": theirs.customer.email});
        silent(ours.shop.post(&path, body).await, 403, call);
    }
    desk.world.stop().await;
}

#[tokio::test]
async fn a_canned_response_is_for_those_it_is_shared_with() {
    let desk = Desk::start("canned").await;
    let Desk { ours, theirs, .. } = &desk;
    let (agent, customer) = (&ours.agent, &ours.customer);
    let canned = |project: Option<i64>, is_shared: bool| json!({"title": CANARY, "body": CANARY, "is_shared": is_shared, "project_id": project});
    let mut foreign = Vec::new();
    for body in [canned(None, false), canned(Some(theirs.project.id), true)] {
        let made = theirs
            .agent
            .post("/canned-responses", body)
            .await
            .expect(201);
        foreign.push(made["canned_response"]["id"].as_i64().unwrap());
    }
    for project in [theirs.project.id, NOTHING] {
        let body = json!({"project_id": project, "title": "x", "body": "x", "is_shared": true});
        let answer = silent(
            agent.post("/canned-responses", body).await,
            422,
            "project_id",
        );
        assert!(answer["details"]["project_id"].is_array(), "{answer}");
    }
    let own = json!({"title": "x", "body": "{{customer_name}}"});
    let own =
        agent.post("/canned-responses", own).await.expect(201)["canned_response"]["id"].clone();
    let path = format!("/canned-responses/{own}");
    let project = json!({"project_id": theirs.project.id});
    refused(agent, Method::PUT, &path, project, 422).await;
    for id in foreign.into_iter().chain([NOTHING]) {
        let path = format!("/canned-responses/{id}");
        let render = format!("{path}/render?ticket_id={}", ours.ticket);
        silent(agent.get(&render).await, 404, &render);
        silent(agent.put(&path, json!({"title": "x"})).await, 404, &path);
        silent(agent.delete(&path).await, 404, &path);
        silent(customer.get(&render).await, 403, &render);
    }
    // Nor does one's own tell of a ticket out of reach.
    for ticket in [theirs.ticket, NOTHING] {
        let render = format!("{path}/render?ticket_id={ticket}");
        silent(agent.get(&render).await, 404, &render);
    }
    let mine = format!("{path}/render?ticket_id={}", ours.ticket);
    silent(agent.get(&mine).await, 200, &mine);
    for query in [
        "",
        &format!("?project_id={}", theirs.project.id),
        &format!("?search={CANARY}"),
    ] {
        let list = silent(
            agent.get(&format!("/canned-responses{query}")).await,
            200,
            query,
        );
        assert_eq!(list["total"], i64::from(query.is_empty()), "{query}");
    }
    desk.world.stop().await;
}

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
