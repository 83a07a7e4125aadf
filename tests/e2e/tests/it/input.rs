//! Bad input through both gateways: a clear answer in the envelope, nothing half-written.

use desk_testkit::Answer;
use e2e::World;
use reqwest::Method;
use serde_json::{Value, json};

/// The envelope and nothing else.
#[track_caller]
pub fn is_envelope(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.body);
    let fields: Vec<&String> = answer.body.as_object().expect(what).keys().collect();
    let expected = if status == 422 {
        vec!["details", "error"]
    } else {
        vec!["error"]
    };
    assert_eq!(fields, expected, "{what}");
    assert!(answer.headers.contains_key("x-request-id"), "{what}");
}

#[tokio::test]
async fn bad_input_is_told_apart_and_writes_nothing() {
    let world = World::start("input").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let shop = world.key(&project.key);
    let post = |body: String| {
        let root = root.clone();
        async move { root.send(Method::POST, "/tickets", Some(body)).await }
    };

    is_envelope(&post("{\"subject\":".into()).await, 400, "broken JSON");
    is_envelope(&post("[".repeat(5_000)).await, 400, "deep JSON");
    is_envelope(&post("42".into()).await, 422, "a number");
    is_envelope(
        &post(format!("{{\"subject\":\"{}\"}}", "x".repeat(30_000_000))).await,
        413,
        "30 MB",
    );
    let text = root.clone().with_header("content-type", "text/plain");
    is_envelope(
        &text.send(Method::POST, "/tickets", Some("{}".into())).await,
        415,
        "text",
    );

    let wrong = json!({
        "project_id": "one", "subject": 5, "description": null, "priority": "urgent",
        "category_id": {}, "tags": "x", "customer_email": "nobody", "metadata": [1],
    });
    let answer = root.post("/tickets", wrong.clone()).await;
    is_envelope(&answer, 422, "wrong types");
    for field in wrong.as_object().unwrap().keys() {
        assert!(
            answer.body["details"][field].is_array(),
            "{field}: {}",
            answer.body
        );
    }
    let nul = json!({"project_id": project.id, "subject": "a\u{0}b", "description": "x", "metadata": {"k": "\u{0}"}});
    let answer = root.post("/tickets", nul).await;
    is_envelope(&answer, 422, "NUL");
    assert!(
        answer.body["details"]["subject"].is_array()
            && answer.body["details"]["metadata"].is_array()
    );
    let answer = shop.post("/external/tickets", json!({})).await;
    is_envelope(&answer, 422, "an empty ticket by key");
    assert_eq!(answer.body["details"].as_object().unwrap().len(), 4);

    for query in [
        "page=0",
        "page=x",
        "per_page=101",
        "per_page=-1",
        "status=new",
        "priority=urgent",
        "sort=name",
        "overdue=maybe",
        "created_from=2024-02-30",
        "project_id=x",
        "cursor=%25%25",
        "search=%00",
    ] {
        is_envelope(&root.get(&format!("/tickets?{query}")).await, 422, query);
    }
    assert_eq!(
        root.get("/tickets?page=999999").await.expect(200)["data"],
        json!([])
    );
    for path in [
        "/tickets/0",
        "/tickets/x",
        "/tickets/99999999999999999999999",
        "/tickets/-1",
        "/nowhere",
    ] {
        is_envelope(&root.get(path).await, 404, path);
    }
    is_envelope(
        &root.send(Method::DELETE, "/tickets", None).await,
        405,
        "DELETE /tickets",
    );
    assert_eq!(root.get("/tickets").await.expect(200)["total"], 0);
    world.stop().await;
}

#[tokio::test]
async fn nobody_gets_in_by_claiming_to_be_somebody() {
    let world = World::start("claims").await;
    let root = world.super_admin().await;
    let token = root.token();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let tampered = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIiwicm9sZSI6InN1cGVyX2FkbWluIn0.";
    for bad in [tampered.as_str(), none, "", "x", "a.b.c"] {
        is_envelope(&world.bearer(bad).get("/tickets").await, 401, bad);
    }
    for header in [
        "x-user-id",
        "x-user-role",
        "x-portal-token",
        "x-internal-token",
        "x-forwarded-user",
    ] {
        let liar = world.stranger().with_header(header, "1");
        is_envelope(&liar.get("/tickets").await, 401, header);
    }

    // Internal routes are out of reach whatever the path is dressed as.
    for path in [
        "/internal/users/1",
        "/auth/internal/users/1",
        "/tickets/../internal/heads",
        "/tickets/%2e%2e/internal/heads",
        "//internal/users/1",
        "/auth%2f..%2finternal/users/1",
    ] {
        let answer = raw_get(&world, &format!("/api{path}"), token).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        assert!(answer.contains(r#"{"error":"#), "{path}: {answer}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_spoofed_address_does_not_escape_the_login_limit() {
    let world = World::start("spoof").await;
    let wrong = json!({"email": "super@support.local", "password": "wrong password"});
    let mut statuses = Vec::new();
    for attempt in 0..12 {
        let liar = world
            .stranger()
            .with_header("x-forwarded-for", &format!("10.0.0.{attempt}"));
        let answer = liar.post("/auth/login", wrong.clone()).await;
        statuses.push(answer.status.as_u16());
        if answer.status == 429 {
            assert!(answer.headers.contains_key("retry-after"));
        }
    }
    assert_eq!(statuses[..10], [401; 10]);
    assert_eq!(statuses[10..], [429; 2]);
    let right = json!({"email": "super@support.local", "password": "password"});
    world
        .stranger()
        .post("/auth/login", right)
        .await
        .expect(429);
    world.stop().await;
}

/// A request whose path no client library would send as it is.
async fn raw_get(world: &World, path: &str, token: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = world.origin().replace("http://", "");
    let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_unreachable_service_is_a_503_and_the_others_go_on() {
    let mut world = World::start("outage").await;
    let root = world.super_admin().await;
    world.stack.kill(xtask::service::Service::Ticket).await;
    let answer = root.get("/tickets").await;
    is_envelope(&answer, 503, "ticket is down");
    assert!(answer.headers.contains_key("retry-after"));
    root.get("/auth/me").await.expect(200);
    assert_ne!(root.get("/projects").await.expect(200), Value::Null);
    world
        .stack
        .restart(xtask::service::Service::Ticket)
        .await
        .unwrap();
    root.get("/tickets").await.expect(200);
    world.stop().await;
}
