//! Files on tickets and messages: what comes in, and who gets it out.

use axum::{body::Body, http::Method};
use desk_testkit::{Answer, Client, Form, eventually};
use serde_json::{Value, json};

use crate::desk::{AGRI, Desk, NAIJA};

/// A portal ticket as a form.
fn ticket_form() -> Form {
    Form::default()
        .text("project_id", &NAIJA.to_string())
        .text("subject", "Broken")
        .text("description", "See the files.")
}

/// Files a ticket; answers it.
async fn file(client: Client, form: Form) -> Value {
    client.post_form("/tickets", form).await.expect(201)["ticket"].clone()
}

async fn message(client: Client, ticket: &Value, form: Form) -> Answer {
    let path = format!("/tickets/{}/messages", ticket["id"]);
    client.post_form(&path, form).await
}

fn path(attachment: &Value) -> String {
    format!("/attachments/{}", attachment["id"])
}

/// How many objects lie in the store, complete or not.
pub fn objects(desk: &Desk) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .map(|path| if path.is_dir() { count(&path) } else { 1 })
            .sum()
    }
    count(&desk.folder.path().join("files"))
}

#[tokio::test]
async fn a_ticket_is_filed_with_files() {
    let desk = Desk::start().await;
    let form = ticket_form()
        .text("priority", "high")
        .text("metadata", r#"{"order": 7}"#)
        .text("tags[]", "")
        .file("attachments[]", "log.txt", b"first line\n")
        .file(
            "attachments[]",
            "shot.txt",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        )
        .file("attachments[]", "", b"");
    let ticket = file(desk.tunde(), form).await;
    assert_eq!(ticket["priority"], "high");
    assert_eq!(ticket["metadata"], json!({"order": 7}));
    let brief = |place: usize| {
        let attachment = &ticket["attachments"][place];
        (
            attachment["name"].clone(),
            attachment["size"].clone(),
            attachment["content_type"].clone(),
        )
    };
    assert_eq!(ticket["attachments"].as_array().unwrap().len(), 2);
    assert_eq!(brief(0), (json!("log.txt"), json!(11), json!("text/plain")));
    assert_eq!(brief(1), (json!("shot.txt"), json!(16), json!("image/png")));
    assert_eq!(
        desk.ticket(ticket["id"].as_i64().unwrap()).await["attachments"],
        ticket["attachments"]
    );

    let sent = desk.agent().get(&path(&ticket["attachments"][0])).await;
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-length", "11"),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
        (
            "content-disposition",
            "attachment; filename=\"log.txt\"; filename*=UTF-8''log.txt",
        ),
    ] {
        assert_eq!(sent.headers[name], value, "{name}");
    }
    assert_eq!(sent.expect(200), "first line\n");
}

#[tokio::test]
async fn a_message_shows_its_files_wherever_it_is_shown() {
    let desk = Desk::start().await;
    let ticket = file(desk.tunde(), ticket_form()).await;
    let form = Form::default()
        .text("body", "Here.")
        .file("attachments[]", "a.csv", b"a,b\n");
    let reply = message(desk.tunde(), &ticket, form).await.expect(201)["message"].clone();
    let attachments = &reply["attachments"];
    assert_eq!(attachments[0]["name"], "a.csv");

    let ticket_path = format!("/tickets/{}", ticket["id"]);
    let whole = desk.agent().get(&ticket_path).await.expect(200)["ticket"].clone();
    assert_eq!(whole["attachments"], json!([]));
    assert_eq!(&whole["messages"][0]["attachments"], attachments);
    let page = desk
        .agent()
        .get(&format!("{ticket_path}/messages"))
        .await
        .expect(200);
    assert_eq!(&page["data"][0]["attachments"], attachments);
    let number = ticket["ticket_number"].as_str().unwrap();
    let outside = desk
        .key(NAIJA)
        .get(&format!("/external/tickets/{number}"))
        .await
        .expect(200);
    assert_eq!(
        &outside["ticket"]["messages"][0]["attachments"],
        attachments
    );
}

#[tokio::test]
async fn a_file_is_for_those_who_see_its_ticket_and_message() {
    let desk = Desk::start().await;
    let with_file = |name: &str| Form::default().file("attachments[]", name, name.as_bytes());
    let own = file(
        desk.tunde(),
        ticket_form().file("attachments[]", "own", b"own"),
    )
    .await;
    let note = with_file("note").text("body", "x").text("type", "note");
    let note = message(desk.agent(), &own, note).await.expect(201)["message"].clone();
    let reply = message(desk.agent(), &own, with_file("reply").text("body", "x")).await;
    let reply = reply.expect(201)["message"].clone();

    for (attachment, [customer, key]) in [
        (&own["attachments"][0], [200, 200]),
        (&reply["attachments"][0], [200, 200]),
        (&note["attachments"][0], [404, 404]),
    ] {
        let inside = path(attachment);
        let outside = format!("/external{inside}");
        for (client, path, status) in [
            (desk.tunde(), &inside, customer),
            (desk.key(NAIJA), &outside, key),
            (desk.agent(), &inside, 200),
            (desk.admin(), &inside, 200),
            (desk.ada(), &inside, 404),
            (desk.other_agent(), &inside, 404),
            (desk.key(AGRI), &outside, 404),
            (desk.key(NAIJA), &inside, 401),
            (desk.tunde(), &outside, 401),
            (desk.stranger(), &inside, 401),
        ] {
            let answer = client.get(path).await;
            assert_eq!(
                answer.status.as_u16(),
                status,
                "{} {path}",
                attachment["name"]
            );
        }
    }
    // Nor does the note's file show in what the customer reads.
    let seen = desk
        .tunde()
        .get(&format!("/tickets/{}", own["id"]))
        .await
        .expect(200);
    assert!(!seen.to_string().contains("\"note\""), "{seen}");

    let deleted = format!("/tickets/{}", own["id"]);
    desk.admin().delete(&deleted).await.expect(200);
    desk.admin()
        .get(&path(&own["attachments"][0]))
        .await
        .expect(404);
}

#[tokio::test]
async fn parts_of_a_file() {
    let desk = Desk::start().await;
    let ticket = file(
        desk.tunde(),
        ticket_form().file("attachments[]", "abc", b"abcdefghij"),
    )
    .await;
    let path = path(&ticket["attachments"][0]);
    for (range, status, bytes, told) in [
        ("bytes=2-4", 206, "cde", "bytes 2-4/10"),
        ("bytes=-3", 206, "hij", "bytes 7-9/10"),
        ("bytes=8-99", 206, "ij", "bytes 8-9/10"),
    ] {
        let part = desk.tunde().with_header("range", range).get(&path).await;
        assert_eq!(part.headers["content-range"], told);
        assert_eq!(part.headers["content-length"], bytes.len().to_string());
        assert_eq!(part.expect(status), bytes, "{range}");
    }
    let beyond = desk
        .tunde()
        .with_header("range", "bytes=10-")
        .get(&path)
        .await;
    assert_eq!(beyond.headers["content-range"], "bytes */10");
    assert!(beyond.expect(416)["error"].is_string());
    let several = desk
        .tunde()
        .with_header("range", "bytes=0-1,4-5")
        .get(&path)
        .await;
    assert_eq!(several.expect(200), "abcdefghij");
}

#[tokio::test]
async fn any_name_is_a_name_and_never_a_path() {
    let desk = Desk::start().await;
    for name in [
        "../../../etc/passwd",
        "C:\\x\\y.txt",
        "Überblick 日本.pdf",
        "..",
        "a%2Fb",
        "NUL",
    ] {
        let form = ticket_form().file("attachments[]", name, b"x");
        let ticket = file(desk.tunde(), form).await;
        assert_eq!(ticket["attachments"][0]["name"], name);
        let sent = desk.tunde().get(&path(&ticket["attachments"][0])).await;
        let header = sent.headers["content-disposition"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(header.starts_with("attachment; filename=\""), "{header}");
        sent.expect(200);
    }
    let names: Vec<String> = sqlx::query_scalar("select object from attachments")
        .fetch_all(&desk.db)
        .await
        .unwrap();
    for object in names {
        let plain = |c: char| c.is_ascii_hexdigit() || c == '/';
        assert!(object.chars().all(plain), "{object}");
    }
}

#[tokio::test]
async fn limits_hold_to_the_byte_and_leave_nothing() {
    let desk = Desk::start().await;
    let largest = vec![b'x'; 10_485_760];
    let mut over = largest.clone();
    over.push(b'x');
    let many = |count: usize| {
        (0..count).fold(ticket_form(), |form, place| {
            form.file("attachments[]", &place.to_string(), b"x")
        })
    };
    let fits = file(
        desk.tunde(),
        many(9).file("attachments[]", "large", &largest),
    )
    .await;
    assert_eq!(fits["attachments"].as_array().unwrap().len(), 10);
    assert_eq!(objects(&desk), 10);
    let long = "n".repeat(256);
    for form in [
        many(11),
        ticket_form().file("attachments[]", "large", &over),
        ticket_form().file("attachments[]", &long, b"x"),
        ticket_form().text("attachments[]", "no file"),
    ] {
        let refused = desk.tunde().post_form("/tickets", form).await.expect(422);
        assert!(refused["details"]["attachments"].is_array(), "{refused}");
    }
    let text = "x".repeat(1024 * 1024);
    let form = ticket_form()
        .file("attachments[]", "a", b"x")
        .text("other", &text);
    desk.tunde().post_form("/tickets", form).await.expect(413);
    eventually(async || objects(&desk) == 10).await;
}

#[tokio::test]
async fn every_bad_field_of_a_form_is_named_and_its_files_are_taken_back() {
    let desk = Desk::start().await;
    let form = Form::default()
        .text("project_id", "seven")
        .text("metadata", "{broken")
        .text("tags[]", "x")
        .text("description", "x")
        .file("attachments[]", "kept?", b"x")
        .file("attachments[]", &"n".repeat(256), b"x");
    let refused = desk.tunde().post_form("/tickets", form).await.expect(422);
    for field in ["project_id", "subject", "metadata", "tags", "attachments"] {
        assert!(refused["details"][field].is_array(), "{field}: {refused}");
    }
    // Out of scope, and a state that forbids it: found out after the files were stored.
    let ticket = file(desk.tunde(), ticket_form()).await;
    let reply = || {
        Form::default()
            .text("body", "x")
            .file("attachments[]", "a", b"x")
    };
    message(desk.ada(), &ticket, reply()).await.expect(404);
    message(desk.tunde(), &ticket, reply().text("type", "note"))
        .await
        .expect(403);
    let status = format!("/tickets/{}/status", ticket["id"]);
    desk.agent()
        .patch(&status, json!({"status": "closed"}))
        .await
        .expect(200);
    message(desk.tunde(), &ticket, reply()).await.expect(409);
    eventually(async || objects(&desk) == 0).await;
}

#[tokio::test]
async fn a_form_that_breaks_off_is_unreadable_and_leaves_nothing() {
    let desk = Desk::start().await;
    let large = vec![b'x'; 1_000_000];
    let form = || {
        ticket_form()
            .file("attachments[]", "a", b"x")
            .file("attachments[]", "b", &large)
    };
    let send = async |kind: &str, body: Vec<u8>| {
        let client = desk.tunde().with_header("content-type", kind);
        client
            .send(Method::POST, "/tickets", Body::from(body))
            .await
    };
    send(Form::CONTENT_TYPE, form().broken_off())
        .await
        .expect(400);
    let mut half = form().broken_off();
    half.truncate(900_000);
    send(Form::CONTENT_TYPE, half).await.expect(400);
    send("multipart/form-data", form().finish())
        .await
        .expect(400);
    send("multipart/mixed; boundary=x", form().finish())
        .await
        .expect(415);
    let count: i64 = sqlx::query_scalar("select count(*) from tickets")
        .fetch_one(&desk.db)
        .await
        .unwrap();
    assert_eq!(count, 0);
    eventually(async || objects(&desk) == 0).await;
}

#[tokio::test]
async fn the_same_form_again_stores_nothing_twice() {
    let desk = Desk::start().await;
    let form = |bytes: &[u8]| ticket_form().file("attachments[]", "a.txt", bytes);
    let keyed = || desk.tunde().with_header("idempotency-key", "k");
    let first = keyed()
        .post_form("/tickets", form(b"one"))
        .await
        .expect(201);
    let again = keyed()
        .post_form("/tickets", form(b"one"))
        .await
        .expect(201);
    assert_eq!(first, again);
    keyed()
        .post_form("/tickets", form(b"two"))
        .await
        .expect(422);
    keyed()
        .post_form("/tickets", ticket_form())
        .await
        .expect(422);
    eventually(async || objects(&desk) == 1).await;
    desk.tunde()
        .get(&path(&first["ticket"]["attachments"][0]))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_form_without_files_is_the_same_call_as_its_json() {
    let desk = Desk::start().await;
    let body = json!({"project_id": NAIJA, "subject": "Broken", "description": "See the files."});
    let keyed = || desk.tunde().with_header("idempotency-key", "k");
    let first = keyed().post("/tickets", body).await.expect(201);
    let again = keyed()
        .post_form("/tickets", ticket_form())
        .await
        .expect(201);
    assert_eq!(first, again);
}

#[tokio::test]
async fn without_its_store_a_file_waits_and_without_its_object_it_is_gone() {
    let desk = Desk::start().await;
    let form = || ticket_form().file("attachments[]", "a", b"x");
    let ticket = file(desk.tunde(), form()).await;
    let path = path(&ticket["attachments"][0]);
    let files = desk.folder.path().join("files");
    std::fs::remove_dir_all(&files).unwrap();
    desk.tunde().get(&path).await.expect(404);

    // A folder that has become something else cannot be written.
    std::fs::write(&files, "").unwrap();
    let down = desk.tunde().post_form("/tickets", form()).await;
    assert!(down.headers.contains_key("retry-after"));
    down.expect(503);
    file(desk.tunde(), ticket_form()).await;
}
