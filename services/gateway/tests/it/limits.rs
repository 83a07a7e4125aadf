//! How much one address may ask.

use http::header::RETRY_AFTER;
use reqwest::Method;

use crate::world::World;

const SETTINGS: [&str; 3] = [
    "--edge-rate=1",
    "--edge-burst=3",
    "--trusted-proxies=127.0.0.1",
];

#[tokio::test]
async fn an_address_that_asks_too_much_waits() {
    let world = World::cold(&SETTINGS, false).await;
    let from = |address: &'static str| {
        let request = world.request(Method::POST, "/api/auth/login");
        world.send(request.header("x-forwarded-for", address))
    };
    for _ in 0..3 {
        from("198.51.100.1").await.echoed();
    }
    assert_eq!(
        from("198.51.100.1").await.refused(429).headers[RETRY_AFTER],
        "1"
    );
    from("198.51.100.2").await.echoed();
}

#[tokio::test]
async fn an_ipv6_network_is_one_address() {
    let world = World::cold(&SETTINGS, false).await;
    let from = |last: u8| {
        let request = world.request(Method::POST, "/api/auth/login");
        world.send(request.header("x-forwarded-for", format!("2001:db8:1:2::{last}")))
    };
    for last in 1..=3 {
        from(last).await.echoed();
    }
    from(4).await.refused(429);
}

#[tokio::test]
async fn external_projects_are_limited_by_key_not_here() {
    let world = World::cold(&SETTINGS, false).await;
    for _ in 0..6 {
        world
            .send(world.request(Method::GET, "/api/external/ping"))
            .await
            .echoed();
    }
}
