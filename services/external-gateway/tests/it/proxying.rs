//! How bytes pass, and what is said when they do not.

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::Method;

use crate::world::{KEY, SECRET, World};

#[tokio::test]
async fn a_silent_ticket_is_a_503_that_still_tells_the_limit() {
    let world = World::start(&["--upstream-seconds=1"]).await;
    let request = world.request(Method::GET, "/external/slow");
    let answer = world
        .send(
            request
                .header("x-api-key", KEY)
                .header("x-api-secret", SECRET),
        )
        .await;
    assert!(answer.refused(503).headers.contains_key(RETRY_AFTER));
    assert!(answer.headers.contains_key("ratelimit-remaining"));
}

#[tokio::test]
async fn a_ticket_that_is_down_is_a_503() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let world = World::start(&[&format!("--ticket-url=http://{closed}")]).await;
    world.send(world.ping(KEY, SECRET)).await.refused(503);
}

#[tokio::test]
async fn a_body_over_its_limit_is_a_413_that_arrives() {
    let world = World::start(&[]).await;
    let mib = 1024 * 1024;
    let post = |size: usize| {
        let request = world.request(Method::POST, "/external/tickets");
        let request = request
            .header("x-api-key", KEY)
            .header("x-api-secret", SECRET);
        world.send(
            request
                .header(CONTENT_TYPE, "application/json")
                .body(vec![b'x'; size]),
        )
    };
    post(30 * mib).await.refused(413);
    assert_eq!(post(mib).await.echoed()["body"], mib);
}

#[tokio::test]
async fn other_paths_go_nowhere() {
    let world = World::start(&[]).await;
    for path in [
        "/",
        "/external",
        "/internal/keys/verify",
        "/tickets",
        "/external/%2e%2e/internal",
        "/external//x",
    ] {
        let request = world.request(Method::GET, path);
        let answer = world
            .send(
                request
                    .header("x-api-key", KEY)
                    .header("x-api-secret", SECRET),
            )
            .await;
        answer.refused(404);
    }
}
