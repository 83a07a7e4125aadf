//! What a client says about itself is not believed.

use reqwest::Method;

use crate::world::World;

#[tokio::test]
async fn identity_headers_from_outside_are_dropped() {
    let world = World::start(&[]).await;
    let mut request = world
        .request(Method::GET, "/api/tickets")
        .bearer_auth(world.token());
    let claimed = [
        "x-user-id",
        "x-role",
        "x-project-id",
        "x-internal-token",
        "x-auth-user",
        "x-real-ip",
        "forwarded",
        "x-portal-token",
    ];
    for name in claimed {
        request = request.header(name, "1");
    }
    let echo = world
        .send(request.header("x-harmless", "kept"))
        .await
        .echoed();
    for name in claimed {
        assert!(echo["headers"][name].is_null(), "{name}");
    }
    assert_eq!(echo["headers"]["x-harmless"], "kept");
}

#[tokio::test]
async fn an_internal_token_from_outside_is_no_entry() {
    let world = World::start(&[]).await;
    let token = world.issuer.own_token("auth", world.clock.now()).unwrap();
    world.get("/api/auth/me", &token).await.refused(401);
}

#[tokio::test]
async fn a_forwarded_address_is_believed_of_configured_proxies_alone() {
    for (trusted, sent, seen) in [
        ("", "6.6.6.6", "127.0.0.1"),
        ("10.0.0.0/8", "6.6.6.6", "127.0.0.1"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (
            "127.0.0.1,10.0.0.0/8",
            "6.6.6.6, 203.0.113.9, 10.1.1.1",
            "203.0.113.9",
        ),
    ] {
        let world = World::start(&[&format!("--trusted-proxies={trusted}")]).await;
        let request = world
            .request(Method::GET, "/api/tickets")
            .bearer_auth(world.token());
        let echo = world
            .send(request.header("x-forwarded-for", sent))
            .await
            .echoed();
        assert_eq!(echo["headers"]["x-forwarded-for"], seen, "{trusted}");
    }
}
