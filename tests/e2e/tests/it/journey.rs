//! The core loop: a ticket travels from an external project to every consumer and back.

use std::{fs, path::Path};

use desk_events::Fact;
use desk_testkit::eventually;
use e2e::{
    Key, World,
    stream::{events, story},
};
use serde_json::{Value, json};
use xtask::service::Service;

fn filed_by(email: &str) -> Value {
    json!({
        "customer_name": "Tunde Adeyemi",
        "customer_email": email,
        "customer_id": 98231,
        "subject": "Cannot upload photos",
        "description": "The button does nothing.",
        "priority": "high",
        "metadata": {"listing_id": "LST-00421"},
    })
}

/// The mails to an address that hold these words.
fn mails_to(folder: &Path, address: &str, words: &str) -> Vec<String> {
    let mails = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        fs::read_to_string(path).unwrap_or_default()
    });
    mails
        .filter(|mail| mail.contains(&format!("{address}>\r\n")) && mail.contains(words))
        .collect()
}

#[tokio::test]
async fn a_ticket_travels_from_a_project_to_every_consumer() {
    let world = World::start("journey").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let agent = world.person(&root, "agent", "alice@desk.test").await;
    world.assign_agent(&root, &project, &agent).await;
    let shop = world.key(&project.key);

    let ping = shop.get("/external/ping").await.expect(200);
    assert_eq!(ping["status"], "ok");
    assert_eq!(
        ping["project"],
        json!({"id": project.id, "name": "NaijaHomes", "slug": "naijahomes"})
    );

    let filed = shop
        .post("/external/tickets", filed_by("Tunde@Example.com"))
        .await
        .expect(201);
    let number = filed["ticket_number"].as_str().unwrap().to_owned();
    let id = filed["ticket_id"].as_i64().unwrap();
    assert!(
        number.starts_with("NAIJ-") && number.ends_with("-00001"),
        "{number}"
    );
    assert_eq!(
        (&filed["status"], &filed["priority"]),
        (&json!("open"), &json!("high"))
    );

    // The customer's account follows by itself.
    let path = format!("/tickets/{id}");
    eventually(|| async {
        let ticket = agent.get(&path).await;
        ticket.status == 200 && ticket.body["ticket"]["creator"]["id"].is_i64()
    })
    .await;
    let ticket = agent.get(&path).await.expect(200)["ticket"].clone();
    assert_eq!(ticket["source"], "api");
    assert_eq!(ticket["external_customer_id"], "98231");
    assert_eq!(ticket["sla_policy"]["first_response_minutes"], 60);
    assert_eq!(ticket["activities"][0]["type"], "created");
    assert_eq!(ticket["activities"][0]["actor"]["type"], "key");

    // An agent takes it, answers, and keeps a note to the staff.
    let assigned = agent
        .patch(&format!("{path}/assign"), json!({"user_id": agent.id}))
        .await
        .expect(200);
    assert_eq!(assigned["ticket"]["status"], "in_progress");
    assert_eq!(
        assigned["ticket"]["assignee"],
        json!({"id": agent.id, "name": agent.email})
    );
    let messages = format!("{path}/messages");
    let reply = agent
        .post(&messages, json!({"body": "Have you cleared your cache?"}))
        .await
        .expect(201);
    assert_eq!(reply["message"]["is_first_response"], true);
    agent
        .post(
            &messages,
            json!({"body": "Looks like bug 17.", "type": "note"}),
        )
        .await
        .expect(201);
    agent
        .patch(
            &format!("{path}/status"),
            json!({"status": "pending_customer"}),
        )
        .await
        .expect(200);

    let seen = shop
        .get(&format!("/external/tickets/{number}"))
        .await
        .expect(200)["ticket"]
        .clone();
    assert_eq!(
        seen["messages"].as_array().unwrap().len(),
        1,
        "no note: {seen}"
    );
    assert_eq!(seen["messages"][0]["from"], agent.email.as_str());
    assert_eq!(seen["assigned_to"], agent.email.as_str());
    assert!(!seen.to_string().contains("bug 17"));

    // The customer answers, through the project; then it is solved and closed.
    let answer = json!({"body": "I have.", "customer_email": "tunde@example.com"});
    let answered = shop
        .post(&format!("/external/tickets/{number}/reply"), answer)
        .await
        .expect(201);
    assert_eq!(
        (&answered["ticket"], &answered["status"]),
        (&json!(number), &json!("in_progress"))
    );
    agent
        .patch(&format!("{path}/status"), json!({"status": "resolved"}))
        .await
        .expect(200);
    let close = json!({"customer_email": "TUNDE@example.com"});
    for _again in 0..2 {
        let closed = shop
            .post(&format!("/external/tickets/{number}/close"), close.clone())
            .await
            .expect(200);
        assert_eq!(
            closed,
            json!({"message": "Ticket closed", "ticket": number})
        );
    }

    let told = [
        "ticket.created",
        "ticket.assigned",
        "status.changed",
        "message.added",
        "message.added",
        "status.changed",
        "message.added",
        "status.changed",
        "status.changed",
        "status.changed",
    ];
    eventually(|| async {
        let count = events(&world)
            .await
            .iter()
            .filter(|event| event.fact.ticket().is_some())
            .count();
        count >= told.len()
    })
    .await;
    let all = events(&world).await;
    let mut story = story(&all, id);
    // Linking the requester to its new account is told as an update, whenever it comes.
    story.retain(|subject| *subject != "ticket.updated");
    assert_eq!(story, told);
    let added = all
        .iter()
        .filter(|event| matches!(event.fact, Fact::RequesterAdded(_)))
        .count();
    assert_eq!(added, 1);
    assert!(all.iter().all(|event| event.aggregate.id != id
        || event.traceparent.is_some()
        || event.fact.ticket().is_none()));

    // Every consumer has its fact.
    eventually(|| async {
        let state = world
            .internal(Service::Reporting, &format!("/internal/tickets/{id}"))
            .await;
        state.status == 200 && state.body["status"] == "closed"
    })
    .await;
    eventually(|| async {
        let open = world
            .internal(Service::SlaWorker, &format!("/internal/deadlines/{id}"))
            .await;
        open.status == 200 && open.body["deadlines"].as_array().is_some_and(Vec::is_empty)
    })
    .await;
    let path = format!("/internal/deliveries?ticket_id={id}");
    eventually(|| async {
        let queued = world.internal(Service::Notifier, &path).await;
        queued.status == 200
            && queued.body["data"]
                .as_array()
                .is_some_and(|rows| rows.iter().filter(|row| row["kind"] == "reply").count() == 2)
    })
    .await;
    // One mail of each reply, to the other side, in the ticket's thread; none of the note.
    let folder = world.stack.mail();
    for (address, words) in [
        ("tunde@example.com", "Have you cleared your cache?"),
        (agent.email.as_str(), "I have."),
    ] {
        eventually(|| async { mails_to(&folder, address, words).len() == 1 }).await;
        let mail = mails_to(&folder, address, words).remove(0);
        for header in ["In-Reply-To", "References"] {
            let line = format!("\r\n{header}: <ticket-{id}@support.local>\r\n");
            assert!(mail.contains(&line), "{mail}");
        }
    }
    assert!(mails_to(&folder, "", "bug 17").is_empty());
    world.stop().await;
}

#[tokio::test]
async fn one_address_becomes_one_account() {
    let world = World::start("account").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let shop = world.key(&project.key);
    let file = |email: &'static str| {
        let shop = shop.clone();
        async move {
            shop.post("/external/tickets", filed_by(email))
                .await
                .expect(201)
        }
    };
    let (first, second, third) = tokio::join!(
        file("ada@example.com"),
        file("ADA@Example.com"),
        file("Ada@example.COM")
    );
    let mut creators = Vec::new();
    for filed in [first, second, third] {
        let path = format!("/tickets/{}", filed["ticket_id"]);
        eventually(|| async { root.get(&path).await.body["ticket"]["creator"]["id"].is_i64() })
            .await;
        creators.push(
            root.get(&path).await.body["ticket"]["creator"]["id"]
                .as_i64()
                .unwrap(),
        );
    }
    creators.dedup();
    assert_eq!(creators.len(), 1);
    let users = root
        .get("/admin/users?search=ada@example.com")
        .await
        .expect(200);
    assert_eq!(users["total"], 1);
    assert_eq!(users["data"][0]["role"], "customer");
    assert_eq!(users["data"][0]["email_verified_at"], Value::Null);
    world.stop().await;
}

#[tokio::test]
async fn an_idempotency_key_makes_a_retry_harmless() {
    let world = World::start("retry").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let shop = world
        .key(&project.key)
        .with_header("idempotency-key", "order-1");
    let (one, other) = tokio::join!(
        shop.post("/external/tickets", filed_by("a@example.com")),
        shop.post("/external/tickets", filed_by("a@example.com"))
    );
    let made: Vec<_> = [one, other]
        .into_iter()
        .filter(|answer| answer.status == 201)
        .collect();
    assert!(!made.is_empty());
    let again = shop
        .post("/external/tickets", filed_by("a@example.com"))
        .await
        .expect(201);
    assert!(made.iter().all(|answer| answer.body == again));
    shop.post("/external/tickets", filed_by("b@example.com"))
        .await
        .expect(422);
    assert_eq!(root.get("/tickets").await.expect(200)["total"], 1);
    world.stop().await;
}

#[tokio::test]
async fn a_dead_key_stops_within_a_second() {
    let world = World::start("keys").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let shop = world.key(&project.key);
    shop.get("/external/ping").await.expect(200);
    let refused = json!({"error": "Invalid API credentials"});
    let wrong = Key {
        api_secret: format!("ss_{}", "x".repeat(64)),
        ..project.key.clone()
    };
    assert_eq!(
        world.key(&wrong).get("/external/ping").await.expect(401),
        refused
    );
    assert_eq!(
        world.stranger().get("/external/ping").await.expect(401),
        refused
    );

    let admin_path = format!("/admin/projects/{}", project.id);
    root.patch(&admin_path, json!({"is_active": false}))
        .await
        .expect(200);
    eventually(|| async { shop.get("/external/ping").await.status == 401 }).await;
    root.patch(&admin_path, json!({"is_active": true}))
        .await
        .expect(200);
    eventually(|| async { shop.get("/external/ping").await.status == 200 }).await;
    root.delete(&format!("{admin_path}/api-keys/{}", project.key_id))
        .await
        .expect(200);
    eventually(|| async { shop.get("/external/ping").await.status == 401 }).await;
    world.stop().await;
}
