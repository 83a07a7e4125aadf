//! A person is erased: nothing personal is left here or on the stream, and nobody else loses a word.

use desk_events::{Aggregate, AggregateKind, Fact, Role, UserState};
use desk_testkit::{Form, eventually, remains};
use serde_json::{Value, json};

use crate::desk::{ADA, AGENT, AGRI, Desk, NAIJA, TUNDE, external_ticket, user};

/// What must be found nowhere once [`TUNDE`] is erased.
const PERSONAL: [&str; 12] = [
    "Tunde",
    "tunde@example.com",
    "+999-canary",
    "subject-canary",
    "description-canary",
    "metadata-canary",
    "customer-id-canary",
    "message-canary",
    "edited-canary",
    "comment-canary",
    "file-canary",
    "bytes-canary",
];

pub fn erased(id: i64, role: Role) -> UserState {
    UserState {
        name: "Erased person".into(),
        email: format!("erased-{id}@erased.invalid"),
        is_active: false,
        email_verified_at: None,
        deleted: true,
        ..user(id, role)
    }
}

/// Has auth say that a person is erased; waits until that is begun.
pub async fn begin(desk: &Desk, id: i64, role: Role) {
    let aggregate = Aggregate {
        kind: AggregateKind::User,
        id,
    };
    let fact = Fact::UserErased(Box::new(erased(id, role)));
    desk.say("auth", aggregate, 2, fact).await;
    let sql = "select exists (select from replica_users where id = $1 and sequence = 2)";
    eventually(async || {
        let kept = sqlx::query_scalar(sql).bind(id).fetch_one(&desk.db).await;
        kept.unwrap()
    })
    .await;
}

/// Nothing is left to erase, once an erasure was begun.
pub async fn is_done(desk: &Desk) -> bool {
    let left = "select (select count(*) from erasures) + (select count(*) from erasure_tickets)
                       + (select count(*) from unwanted_objects)";
    numbers(desk, left).await == 0
}

async fn erase(desk: &Desk, id: i64, role: Role) {
    begin(desk, id, role).await;
    eventually(async || is_done(desk).await).await;
}

/// Tickets of [`TUNDE`] with traces wherever a ticket can leave some; answers their ids.
async fn tunde(desk: &Desk) -> Vec<i64> {
    let by_key = json!({
        "customer_name": "Tunde Adeyemi", "customer_email": "tunde@example.com",
        "customer_phone": "+999-canary", "customer_id": "customer-id-canary",
        "subject": "subject-canary", "description": "description-canary",
        "metadata": {"note": "metadata-canary"},
    });
    let key = desk.key(NAIJA);
    let filed = key.post("/external/tickets", by_key).await.expect(201);
    let number = filed["ticket_number"].as_str().unwrap();
    let reply = json!({"body": "message-canary by key", "customer_email": "tunde@example.com"});
    key.clone()
        .with_header("idempotency-key", "one")
        .post(&format!("/external/tickets/{number}/reply"), reply)
        .await
        .expect(201);

    let form = Form::default()
        .text("project_id", &NAIJA.to_string())
        .text("subject", "subject-canary")
        .text("description", "description-canary")
        .file("attachments[]", "file-canary.txt", b"bytes-canary");
    let portal = desk.tunde().with_header("idempotency-key", "two");
    let own = portal.post_form("/tickets", form).await.expect(201);
    let path = format!("/tickets/{}", own["ticket"]["id"]);
    let edit = json!({"subject": "edited-canary", "description": "edited-canary too"});
    desk.tunde().put(&path, edit).await.expect(200);
    let message = json!({"body": "message-canary"});
    let messages = format!("{path}/messages");
    desk.tunde().post(&messages, message).await.expect(201);
    let answer = json!({"body": "Have you cleared your cache?"});
    desk.agent().post(&messages, answer).await.expect(201);
    let resolved = json!({"status": "resolved"});
    let status = format!("{path}/status");
    desk.agent().patch(&status, resolved).await.expect(200);
    let rating = json!({"score": 2, "comment": "comment-canary"});
    desk.tunde()
        .post(&format!("{path}/rating"), rating)
        .await
        .expect(201);

    let (deleted, _) = desk.file(AGRI).await;
    desk.admin()
        .delete(&format!("/tickets/{deleted}"))
        .await
        .expect(200);
    let id = |value: &Value| value.as_i64().unwrap();
    vec![id(&filed["ticket_id"]), id(&own["ticket"]["id"]), deleted]
}

pub async fn numbers(desk: &Desk, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&desk.db).await.unwrap()
}

pub async fn left(desk: &Desk, words: &[&str]) -> Vec<String> {
    let mut places = remains::of_database(&desk.db).await;
    places.extend(remains::of_stream(&desk.bus().await).await);
    places.extend(remains::of_folder(desk.folder.path()));
    remains::found(&places, words)
}

#[tokio::test]
async fn an_erased_customer_is_found_nowhere() {
    let desk = Desk::start().await;
    desk.run();
    let tickets = tunde(&desk).await;
    let mut theirs = external_ticket("ada@example.com");
    theirs["customer_name"] = json!("Ada");
    theirs["subject"] = json!("Untouched");
    let filed = desk.key(NAIJA).post("/external/tickets", theirs).await;
    let others = filed.expect(201)["ticket_id"].as_i64().unwrap();
    eventually(async || numbers(&desk, "select count(*) from outbox_pending").await == 0).await;
    for word in PERSONAL {
        assert!(!left(&desk, &[word]).await.is_empty(), "{word}");
    }
    let before = desk.admin().get("/tickets").await.expect(200)["total"].clone();

    erase(&desk, TUNDE, Role::Customer).await;
    eventually(async || {
        numbers(&desk, "select count(*) from stream_erasures").await == 0
            && numbers(&desk, "select count(*) from outbox_pending").await == 0
    })
    .await;
    assert_eq!(left(&desk, &PERSONAL).await, Vec::<String>::new());

    for id in &tickets {
        assert_eq!(desk.said_types(*id).await.last().unwrap(), "ticket.erased");
    }
    let ticket = desk.ticket(tickets[1]).await;
    assert_eq!(ticket["subject"], "Erased");
    assert_eq!(ticket["customer_name"], "Erased person");
    assert_eq!(ticket["status"], "resolved");
    assert_eq!(ticket["reply_count"], 2);
    assert_eq!(ticket["rating"]["score"], 2);
    assert_eq!(ticket["attachments"], json!([]));
    assert_eq!(ticket["messages"][0]["body"], "Erased");
    assert_eq!(
        ticket["messages"][1]["body"],
        "Have you cleared your cache?"
    );
    let kinds: Vec<&str> = (ticket["activities"].as_array().unwrap().iter())
        .map(|activity| activity["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.last(), Some(&"erased"));
    assert_eq!(desk.ticket(others).await["subject"], "Untouched");
    assert_eq!(
        desk.ticket(others).await["customer_email"],
        "ada@example.com"
    );
    assert_eq!(
        desk.admin().get("/tickets").await.expect(200)["total"],
        before
    );
    let found = desk.admin().get("/tickets?search=canary").await.expect(200);
    assert_eq!(found["total"], 0);
}

#[tokio::test]
async fn an_erasure_told_twice_changes_nothing_more() {
    let desk = Desk::start().await;
    desk.run();
    let tickets = tunde(&desk).await;
    erase(&desk, TUNDE, Role::Customer).await;
    let version = desk.ticket(tickets[0]).await["version"].clone();
    let aggregate = Aggregate {
        kind: AggregateKind::User,
        id: TUNDE,
    };
    let fact = Fact::UserErased(Box::new(erased(TUNDE, Role::Customer)));
    desk.say("auth", aggregate, 3, fact).await;
    let kept = "select sequence from replica_users where id = 5";
    eventually(async || numbers(&desk, kept).await == 3).await;
    eventually(async || is_done(&desk).await).await;
    assert_eq!(desk.ticket(tickets[0]).await["version"], version);
}

#[tokio::test]
async fn erased_staff_leave_their_customers_tickets() {
    let desk = Desk::start().await;
    desk.run();
    let filed = json!({
        "project_id": NAIJA, "subject": "Adas subject", "description": "Adas description",
        "customer_name": "Ada", "customer_email": "ada@example.com",
    });
    let filed = desk.agent().post("/tickets", filed).await.expect(201);
    let id = filed["ticket"]["id"].as_i64().unwrap();
    let messages = format!("/tickets/{id}/messages");
    for kind in ["reply", "note"] {
        let body = json!({"body": "agents-canary", "type": kind});
        desk.agent().post(&messages, body).await.expect(201);
    }
    let own = json!({"title": "agents-canary", "body": "agents-canary"});
    desk.agent()
        .post("/canned-responses", own)
        .await
        .expect(201);
    let shared = json!({"title": "Shared", "body": "For all.", "is_shared": true});
    desk.agent()
        .post("/canned-responses", shared)
        .await
        .expect(201);

    erase(&desk, AGENT, Role::Agent).await;
    eventually(async || numbers(&desk, "select count(*) from stream_erasures").await == 0).await;
    let words = ["agents-canary", "Alice Okafor", "alice@support.local"];
    assert_eq!(left(&desk, &words).await, Vec::<String>::new());
    let ticket = desk.ticket(id).await;
    assert_eq!(ticket["subject"], "Adas subject");
    assert_eq!(ticket["description"], "Adas description");
    assert_eq!(ticket["customer_email"], "ada@example.com");
    assert_eq!(ticket["messages"][0]["body"], "Erased");
    assert_eq!(
        numbers(&desk, "select count(*) from canned_responses").await,
        1
    );
}

#[tokio::test]
async fn an_address_that_is_somebody_elses_by_now_stays_theirs() {
    let desk = Desk::start().await;
    desk.run();
    let (id, _) = desk.file_for(NAIJA, "ada@example.com").await;
    let mut moved = user(ADA, Role::Customer);
    moved.email = "ada-new@example.com".into();
    desk.say_user(moved, 2).await;
    let mut newcomer = user(ADA, Role::Customer);
    newcomer.id = 77;
    desk.say_user(newcomer, 1).await;
    let linked = "select count(*) from requesters where linked_user_id = 77";
    eventually(async || numbers(&desk, linked).await == 1).await;
    let aggregate = Aggregate {
        kind: AggregateKind::User,
        id: ADA,
    };
    let fact = Fact::UserErased(Box::new(erased(ADA, Role::Customer)));
    desk.say("auth", aggregate, 3, fact).await;
    let kept = "select sequence from replica_users where id = 6";
    eventually(async || numbers(&desk, kept).await == 3).await;
    eventually(async || is_done(&desk).await).await;
    assert_eq!(desk.ticket(id).await["customer_email"], "ada@example.com");
}

#[tokio::test]
async fn a_file_that_the_store_keeps_goes_when_it_can() {
    let desk = Desk::start().await;
    let form = Form::default()
        .text("project_id", &NAIJA.to_string())
        .text("subject", "x")
        .text("description", "x")
        .file("attachments[]", "a.txt", b"bytes-canary");
    desk.tunde().post_form("/tickets", form).await.expect(201);
    let (object, _) = remains::of_folder(desk.folder.path()).remove(0);
    // What stands in the object's place cannot be removed as a file.
    let aside = desk.folder.path().join("aside");
    std::fs::rename(&object, &aside).unwrap();
    std::fs::create_dir_all(format!("{object}/x")).unwrap();
    desk.run();
    begin(&desk, TUNDE, Role::Customer).await;
    let erased = "select count(*) from erasures";
    eventually(async || numbers(&desk, erased).await == 0).await;
    assert!(!is_done(&desk).await);

    std::fs::remove_dir_all(&object).unwrap();
    std::fs::rename(&aside, &object).unwrap();
    eventually(async || is_done(&desk).await).await;
    assert!(!std::fs::exists(&object).unwrap());
}
