//! What browsers are allowed.

use reqwest::{Method, RequestBuilder};

use crate::world::World;

const PORTAL: &str = "https://portal.example";

fn preflight(world: &World, origin: &'static str) -> RequestBuilder {
    world
        .request(Method::OPTIONS, "/api/tickets")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
}

#[tokio::test]
async fn a_configured_origin_may_call() {
    let world = World::start(&["--cors-origins=https://portal.example"]).await;
    let answer = world.send(preflight(&world, PORTAL)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], PORTAL);
    assert!(
        answer.headers["access-control-allow-methods"]
            .to_str()
            .unwrap()
            .contains("PATCH")
    );

    let get = world
        .request(Method::GET, "/api/tickets")
        .bearer_auth(world.token());
    let answer = world.send(get.header("origin", PORTAL)).await;
    assert_eq!(answer.headers["access-control-allow-origin"], PORTAL);
    let exposed = answer.headers["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(exposed.contains("x-request-id"));

    let stranger = world.send(preflight(&world, "https://evil.example")).await;
    assert!(!stranger.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn without_configuration_no_origin_may() {
    let world = World::start(&[]).await;
    let answer = world.send(preflight(&world, PORTAL)).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    answer.refused(401);
}
