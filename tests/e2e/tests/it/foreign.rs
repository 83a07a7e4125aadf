//! Ids in bodies and queries are never believed: whatever names something of another tenant, or
//! nothing at all, is refused on its field, left alone, or narrows a list to nothing.

use desk_testkit::{Form, eventually};
use e2e::{Person, World, ids};
use reqwest::Method;
use serde_json::{Value, json};

use crate::isolation::{CANARY, Tenant, silent, tenant};

const NOTHING: i64 = 999_999_999;

struct Desk {
    world: World,
    root: Person,
    admin: Person,
    ours: Tenant,
    theirs: Tenant,
}

impl Desk {
    async fn start(name: &str) -> Self {
        let world = World::start(name).await;
        let root = world.super_admin().await;
        let admin = world.person(&root, "admin", "admin@desk.test").await;
        let ours = tenant(&world, &root, "ours").await;
        let theirs = tenant(&world, &root, CANARY).await;
        Self {
            world,
            root,
            admin,
            ours,
            theirs,
        }
    }

    async fn ticket(&self, id: i64) -> Value {
        self.root.get(&format!("/tickets/{id}")).await.expect(200)["ticket"].clone()
    }
}

/// Refused for its only field, which is named unless the role is refused already.
async fn refused(who: &Person, method: Method, path: &str, body: Value, status: u16) {
    let field = body.as_object().unwrap().keys().next().unwrap().clone();
    let what = format!("{method} {path} {body} by {}", who.email);
    let answer = who.send(method, path, Some(body.to_string())).await;
    let answer = silent(answer, status, &what);
    assert_eq!(
        answer["details"][&field].is_array(),
        status == 422,
        "{what}: {answer}"
    );
}

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

/// A ticket in a category that there is not.
fn external() -> Value {
    let mut body = json!({
        "customer_name": "V", "customer_email": "v@example.com", "subject": "x", "description": "x",
    });
    body["category_id"] = json!(NOTHING);
    body
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

#[tokio::test]
async fn a_foreign_id_in_a_query_narrows_to_nothing() {
    let desk = Desk::start("queries").await;
    let Desk {
        root, ours, theirs, ..
    } = &desk;
    let note = json!({"body": CANARY, "type": "note"});
    let elsewhere = format!("/tickets/{}/messages", theirs.ticket);
    for _ in 0..3 {
        theirs
            .agent
            .post(&elsewhere, note.clone())
            .await
            .expect(201);
    }
    let assigned = json!({"user_id": theirs.agent.id});
    root.patch(&format!("/tickets/{}/assign", theirs.ticket), assigned)
        .await
        .expect(200);
    // Where an admin, and the other tenant, would read on.
    let cursor = root.get("/tickets?per_page=1").await.expect(200)["next_cursor"].clone();
    let cursor = cursor.as_str().unwrap();
    let inside = theirs
        .agent
        .get(&format!("{elsewhere}?per_page=1"))
        .await
        .expect(200);
    let inside = inside["next_cursor"].as_str().unwrap().to_owned();

    for person in [&ours.agent, &ours.customer] {
        for query in [
            format!("project_id={}", theirs.project.id),
            format!("assigned_to={}", theirs.agent.id),
            format!("customer_email={}", theirs.customer.email),
            format!("search={CANARY}"),
            format!("category_id={NOTHING}"),
            format!("tag={NOTHING}"),
        ] {
            let list = person.get(&format!("/tickets?{query}")).await;
            let list = silent(list, 200, &query);
            assert_eq!(
                (&list["total"], &list["data"]),
                (&json!(0), &json!([])),
                "{query}"
            );
        }
        let rest = person.get(&format!("/tickets?cursor={cursor}")).await;
        let rest = ids(&silent(rest, 200, "another's cursor"));
        assert!(rest.iter().all(|id| *id == ours.ticket), "{rest:?}");
        let path = format!("/tickets/{}/messages?cursor={inside}", ours.ticket);
        let messages = silent(person.get(&path).await, 200, "another ticket's cursor");
        assert_eq!(messages["data"], json!([]));
        let policies = person
            .get(&format!("/sla?project_id={}", theirs.project.id))
            .await;
        assert_eq!(silent(policies, 200, "policies")["sla_policies"], json!([]));
        silent(
            person.get("/tickets?deleted=true").await,
            403,
            "deleted tickets",
        );
    }
    for report in [
        "overview",
        "projects",
        "agents",
        "volume",
        "sla",
        "categories",
    ] {
        for project in [theirs.project.id, NOTHING] {
            let path = format!("/reports/{report}?project_id={project}");
            silent(ours.agent.get(&path).await, 404, &path);
            silent(ours.customer.get(&path).await, 403, &path);
        }
    }
    for query in [
        format!("project_id={}", theirs.project.id),
        format!("customer_email={}", theirs.customer.email),
        format!("cursor={cursor}"),
    ] {
        let list = ours.shop.get(&format!("/external/tickets?{query}")).await;
        let list = silent(list, 200, &query);
        let rows = list["data"].as_array().unwrap();
        assert!(
            rows.iter().all(|row| row["ticket_id"] == ours.ticket),
            "{query}: {list}"
        );
    }
    desk.world.stop().await;
}

#[tokio::test]
async fn an_idempotency_key_is_its_callers_own() {
    let desk = Desk::start("keys").await;
    let Desk { ours, theirs, .. } = &desk;
    let ticket = json!({"project_id": ours.project.id, "subject": CANARY, "description": "x"});
    let once = |person: &Person| person.clone().with_header("idempotency-key", "retry-1");
    let first = once(&theirs.customer)
        .post("/tickets", ticket.clone())
        .await
        .expect(201);
    let other = once(&ours.customer)
        .post("/tickets", ticket)
        .await
        .expect(201);
    assert_ne!(first["ticket"]["id"], other["ticket"]["id"]);
    assert_eq!(other["ticket"]["creator"]["id"], ours.customer.id);

    let mut ticket = external();
    ticket["category_id"] = Value::Null;
    let first = once(&theirs.shop)
        .post("/external/tickets", ticket.clone())
        .await
        .expect(201);
    let other = once(&ours.shop).post("/external/tickets", ticket).await;
    let other = silent(other, 201, "the same key of another project");
    assert_ne!(first["ticket_id"], other["ticket_id"]);
    desk.world.stop().await;
}

#[tokio::test]
async fn a_file_is_its_tickets_and_messages_own() {
    let desk = Desk::start("attachments").await;
    let Desk { ours, theirs, .. } = &desk;
    // Over what JSON may have: a form is let through.
    let large = format!("{CANARY} {}", "x".repeat(2 * 1024 * 1024));
    let write = async |who: &Person, kind: &str, bytes: &str| {
        let form = Form::default().text("body", kind).text("type", kind).file(
            "attachments[]",
            kind,
            bytes.as_bytes(),
        );
        let path = format!("/tickets/{}/messages", theirs.ticket);
        let written = who.post_form(&path, form).await.expect(201);
        let id = written["message"]["attachments"][0]["id"].as_i64();
        id.expect("an attachment")
    };
    let reply = write(&theirs.customer, "reply", &large).await;
    let note = write(&theirs.agent, "note", CANARY).await;
    let filed = Form::default()
        .text("project_id", &theirs.project.id.to_string())
        .text("subject", "x")
        .text("description", "x")
        .file("attachments[]", "own", CANARY.as_bytes());
    let filed = theirs
        .customer
        .post_form("/tickets", filed)
        .await
        .expect(201);
    let own = filed["ticket"]["attachments"][0]["id"].as_i64().unwrap();

    let inside = |id: i64| format!("/attachments/{id}");
    let outside = |id: i64| format!("/external/attachments/{id}");
    for (id, customer) in [(reply, 200), (own, 200), (note, 404)] {
        let status = async |who: &Person, path: String| who.get(&path).await.status.as_u16();
        assert_eq!(status(&theirs.agent, inside(id)).await, 200);
        assert_eq!(status(&theirs.customer, inside(id)).await, customer);
        assert_eq!(status(&theirs.shop, outside(id)).await, customer);
        assert_eq!(status(&ours.shop, inside(id)).await, 401);
    }
    // Under whatever id, with whatever range: nothing of theirs comes out.
    for id in 0..=own + 3 {
        for (who, path) in [
            (&ours.agent, inside(id)),
            (&ours.customer, inside(id)),
            (&ours.shop, outside(id)),
        ] {
            silent(who.get(&path).await, 404, &path);
            let part = who.clone().with_header("range", "bytes=0-3");
            silent(part.get(&path).await, 404, &path);
        }
        for (who, path) in [(&theirs.customer, inside(id)), (&theirs.shop, outside(id))] {
            let found = who.get(&path).await;
            assert_eq!(found.status == 200, id == reply || id == own, "{path}");
        }
    }

    // Neither does a verdict or a look of theirs reach the ticket.
    let ticket = format!("/tickets/{}", theirs.ticket);
    let score = json!({"score": 1});
    let rated = ours.customer.post(&format!("{ticket}/rating"), score).await;
    silent(rated, 404, "a foreign rating");
    for who in [&ours.agent, &ours.customer] {
        let watched = who.post(&format!("{ticket}/watch"), json!({})).await;
        silent(watched, 404, "a foreign watch");
    }
    let form = Form::default()
        .text("body", "x")
        .file("attachments[]", "x", b"x");
    let written = ours
        .agent
        .post_form(&format!("{ticket}/messages"), form)
        .await;
    silent(written, 404, "a foreign reply");
    assert_eq!(desk.ticket(theirs.ticket).await["watchers"], json!([]));

    desk.root.delete(&ticket).await.expect(200);
    eventually(async || theirs.agent.get(&inside(reply)).await.status == 404).await;
    desk.world.stop().await;
}
