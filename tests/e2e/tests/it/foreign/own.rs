//! What nobody has but its owner, whoever else names it: answers kept by an idempotency key, and
//! parts of files.

use desk_testkit::Form;
use e2e::Person;
use serde_json::json;

use super::{CANARY, Desk, silent};

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

    let ticket = json!({
        "customer_name": "V", "customer_email": "v@example.com", "subject": "x", "description": "x",
    });
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
async fn a_part_of_a_file_is_as_secret_as_the_whole() {
    let desk = Desk::start("parts").await;
    let Desk { ours, theirs, .. } = &desk;
    // Over what JSON may have: a form is let through.
    let large = format!("{CANARY} {}", "x".repeat(2 * 1024 * 1024));
    let form = Form::default()
        .text("body", "x")
        .file("attachments[]", "large", large.as_bytes());
    let path = format!("/tickets/{}/messages", theirs.ticket);
    let written = theirs.customer.post_form(&path, form).await.expect(201);
    let id = &written["message"]["attachments"][0]["id"];
    let (inside, outside) = (
        format!("/attachments/{id}"),
        format!("/external/attachments/{id}"),
    );
    let part = async |who: &Person, path: &str| {
        let part = who.clone().with_header("range", "bytes=0-3");
        part.get(path).await
    };
    for (who, path) in [
        (&theirs.agent, &inside),
        (&theirs.customer, &inside),
        (&theirs.shop, &outside),
    ] {
        assert_eq!(part(who, path).await.expect(206), CANARY[..4]);
    }
    for (who, path) in [
        (&ours.agent, &inside),
        (&ours.customer, &inside),
        (&ours.shop, &outside),
    ] {
        silent(part(who, path).await, 404, path);
    }
    desk.world.stop().await;
}
