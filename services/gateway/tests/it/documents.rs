//! The merged OpenAPI document.

use http::header::RETRY_AFTER;
use reqwest::Method;

use crate::world::World;

#[tokio::test]
async fn the_services_documents_are_one() {
    let world = World::start(&[]).await;
    let answer = world
        .send(world.request(Method::GET, "/api/openapi.json"))
        .await;
    let document = answer.echoed();
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/api/auth/me",
        "/api/tickets",
        "/api/projects",
        "/api/reportings",
        "/api/openapi.json",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.contains_key("TicketRow") && schemas.contains_key("AuthRow"));
    assert!(schemas.contains_key("ErrorBody"));
    assert_eq!(answer.headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_part_that_is_missing_fails_the_whole() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let world = World::start(&[&format!("--project-url=http://{closed}")]).await;
    let answer = world
        .send(world.request(Method::GET, "/api/openapi.json"))
        .await;
    assert!(answer.refused(503).headers.contains_key(RETRY_AFTER));
}
