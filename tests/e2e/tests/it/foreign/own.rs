//! What nobody has but its owner, whoever else names it: answers kept by an idempotency key, and files.

use desk_testkit::{Form, eventually};
use e2e::Person;
use serde_json::{Value, json};

use super::{Desk, external};
use crate::isolation::{CANARY, silent};

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
