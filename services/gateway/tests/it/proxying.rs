//! How bytes pass, and what is said when they do not.

use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::World;

const REQUEST_ID: &str = "x-request-id";

#[tokio::test]
async fn an_upstream_that_is_down_or_silent_is_a_503() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let world = World::start(&[
        &format!("--project-url=http://{closed}"),
        "--upstream-seconds=1",
    ])
    .await;
    let token = world.token();
    for path in ["/api/projects", "/api/tickets/slow"] {
        let answer = world.get(path, &token).await;
        assert!(
            answer.refused(503).headers.contains_key(RETRY_AFTER),
            "{path}"
        );
    }
    world.get("/api/tickets", &token).await.echoed();
}

#[tokio::test]
async fn a_body_over_its_limit_is_a_413_that_arrives() {
    let world = World::start(&[]).await;
    let token = world.token();
    let post = |kind: &'static str, size: usize| {
        let request = world
            .request(Method::POST, "/api/tickets")
            .header(CONTENT_TYPE, kind);
        world.send(request.bearer_auth(&token).body(vec![b'x'; size]))
    };
    let mib = 1024 * 1024;
    post("application/json", 30 * mib).await.refused(413);
    assert_eq!(post("application/json", mib).await.echoed()["body"], mib);
    assert_eq!(
        post("multipart/form-data; boundary=x", 30 * mib)
            .await
            .echoed()["body"],
        30 * mib
    );
    post("multipart/form-data; boundary=x", 106 * mib)
        .await
        .refused(413);
}

#[tokio::test]
async fn a_large_body_without_a_token_is_a_401_that_arrives() {
    let world = World::start(&[]).await;
    let request = world
        .request(Method::POST, "/api/tickets")
        .header(CONTENT_TYPE, "application/json");
    world
        .send(request.body(vec![b'x'; 30 * 1024 * 1024]))
        .await
        .refused(401);
}

#[tokio::test]
async fn an_upload_that_waited_for_its_turn_reads_the_services_refusal() {
    let world = World::start(&[]).await;
    let token = world.token();
    for _ in 0..5 {
        let size = 20 * 1024 * 1024;
        let mut socket = world.socket().await;
        let head = format!(
            "POST /api/tickets/get-only HTTP/1.1\r\nhost: desk\r\nexpect: 100-continue\r\n\
             content-type: multipart/form-data; boundary=x\r\ncontent-length: {size}\r\n\
             authorization: Bearer {token}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut line = [0; 25];
        socket.read_exact(&mut line).await.unwrap();
        assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
        socket.write_all(&vec![b'x'; size]).await.unwrap();
        let mut status = [0; 12];
        socket.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 405");
    }
}

#[tokio::test]
async fn an_answer_streams() {
    let world = World::start(&[]).await;
    let request = world
        .request(Method::GET, "/api/tickets/stream")
        .bearer_auth(world.token());
    let mut response = request.send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
    world.gate.notify_one();
    let second = tokio::time::timeout(Duration::from_secs(5), response.chunk())
        .await
        .unwrap();
    assert_eq!(second.unwrap().unwrap(), "second");
}

#[tokio::test]
async fn whatever_goes_wrong_comes_in_the_envelope() {
    let world = World::start(&[]).await;
    let token = world.token();
    world.get("/api/tickets/bare", &token).await.refused(418);
    let post = world
        .request(Method::POST, "/api/tickets/get-only")
        .bearer_auth(&token);
    let answer = world.send(post).await;
    assert_eq!(answer.refused(405).headers[ALLOW], "GET,HEAD");
    world
        .send(world.request(Method::POST, "/api/openapi.json"))
        .await
        .refused(405);
    world.get("/nowhere", &token).await.refused(404);
}

#[tokio::test]
async fn an_answer_carries_one_request_id_which_the_service_saw() {
    let world = World::start(&[]).await;
    let request = world
        .request(Method::GET, "/api/tickets")
        .bearer_auth(world.token());
    let answer = world.send(request.header(REQUEST_ID, "mine-1")).await;
    let ids: Vec<_> = answer.headers.get_all(REQUEST_ID).iter().collect();
    assert_eq!(ids, ["mine-1"]);
    let echo = answer.echoed();
    assert_eq!(echo["headers"][REQUEST_ID], "mine-1");
    assert!(echo["headers"]["traceparent"].is_string());
    assert!(
        world
            .get("/api/nowhere", "x")
            .await
            .headers
            .contains_key(REQUEST_ID)
    );
}

#[tokio::test]
async fn a_head_request_is_a_get_without_a_body() {
    let world = World::start(&[]).await;
    let head = world
        .request(Method::HEAD, "/api/tickets/get-only")
        .bearer_auth(world.token());
    let answer = world.send(head).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
}
