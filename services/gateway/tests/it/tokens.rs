//! Who gets in, and as whom.

use std::{sync::atomic::Ordering, time::Duration};

use desk_identity::{Caller, Role};
use reqwest::Method;

use crate::world::{World, signer, within};

#[tokio::test]
async fn a_portal_token_is_swapped_for_an_internal_one() {
    let world = World::start(&[]).await;
    let token = world.token();
    for (path, service) in [
        ("/api/tickets/5", "ticket"),
        ("/api/projects", "project"),
        ("/api/auth/me", "auth"),
        ("/api/reports/sla", "reporting"),
    ] {
        let echo = world.get(path, &token).await.echoed();
        assert_eq!(echo["service"], service);
        assert_eq!(echo["caller"], "User { id: 7, role: Agent, session: 70 }");
        assert_eq!(echo["path"], path.strip_prefix("/api").unwrap());
        assert!(
            !echo.to_string().contains(&token),
            "the portal token stays at the gateway"
        );
    }
}

#[tokio::test]
async fn without_a_good_token_it_is_401() {
    let world = World::start(&[]).await;
    let good = world.token();
    let (head, signature) = good.rsplit_once('.').unwrap();
    let tampered = format!(
        "{head}.{}{}",
        if signature.starts_with('A') { "B" } else { "A" },
        &signature[1..]
    );
    let payload = good.split('.').nth(1).unwrap();
    // {"alg":"none","typ":"JWT","kid":"k1"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoiazEifQ.{payload}.");
    let stranger = signer("k1").sign(&world.claims(7, 70, "x")).unwrap();
    let agent = Caller::User {
        id: 7,
        role: Role::Agent,
        session: 70,
    };
    let internal = world
        .issuer
        .token(&agent, "ticket", world.clock.now())
        .unwrap();
    for bad in [
        tampered.as_str(),
        &none,
        &stranger,
        &internal,
        "x",
        "a.b.c",
        &"x".repeat(9000),
    ] {
        let answer = world.get("/api/tickets", bad).await;
        assert_eq!(
            answer.refused(401).json()["error"],
            "Unauthenticated.",
            "{bad}"
        );
    }
    world
        .send(world.request(Method::GET, "/api/tickets"))
        .await
        .refused(401);
    world
        .send(world.request(Method::POST, "/api/auth/verify-email"))
        .await
        .refused(401);
    let basic = world
        .request(Method::GET, "/api/tickets")
        .basic_auth("a", Some("b"));
    world.send(basic).await.refused(401);
}

#[tokio::test]
async fn a_token_ends_by_the_clock_though_it_was_verified_before() {
    let world = World::start(&[]).await;
    let token = world.token();
    world.get("/api/tickets", &token).await.echoed();
    world.clock.advance(time::Duration::minutes(61));
    world.get("/api/tickets", &token).await.refused(401);
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_but_not_by_every_forgery() {
    let world = World::start(&[]).await;
    let before = world.auth.key_fetches.load(Ordering::Relaxed);
    let forged = signer("k9").sign(&world.claims(7, 70, "x")).unwrap();
    for _ in 0..20 {
        world.get("/api/tickets", &forged).await.refused(401);
    }
    assert!(world.auth.key_fetches.load(Ordering::Relaxed) <= before + 1);

    *world.auth.signer.lock().unwrap() = signer("k2");
    let token = world.token();
    within(Duration::from_secs(12), || async {
        world.get("/api/tickets", &token).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_taken_back_ends_its_tokens() {
    let world = World::start(&[]).await;
    let old = world.token();
    world.get("/api/tickets", &old).await.echoed();
    *world.auth.signer.lock().unwrap() = signer("k2");
    let new = world.token();
    within(Duration::from_secs(12), || async {
        world.get("/api/tickets", &new).await.status == 200
    })
    .await;
    world.get("/api/tickets", &old).await.refused(401);
}

#[tokio::test]
async fn whoever_signs_in_needs_no_token() {
    let world = World::start(&[]).await;
    for path in ["login", "register", "forgot-password", "reset-password"] {
        let path = format!("/api/auth/{path}");
        let echo = world
            .send(world.request(Method::POST, &path).body("{}"))
            .await
            .echoed();
        assert_eq!(echo["caller"], "Anonymous");
        assert_eq!(echo["headers"]["x-forwarded-for"], "127.0.0.1");
    }
    let jwks = world
        .send(world.request(Method::GET, "/.well-known/jwks.json"))
        .await
        .echoed();
    assert_eq!(jwks["keys"][0]["kid"], "k1");
}

#[tokio::test]
async fn refresh_and_logout_get_the_raw_token_alive_or_not() {
    let world = World::start(&[]).await;
    for path in ["refresh", "logout", "logout-all"] {
        let path = format!("/api/auth/{path}");
        let request = world
            .request(Method::POST, &path)
            .bearer_auth("expired.or.not");
        let echo = world
            .send(request.header("x-portal-token", "spoofed"))
            .await
            .echoed();
        assert_eq!(echo["caller"], "Anonymous");
        assert_eq!(echo["headers"]["x-portal-token"], "expired.or.not");

        let bare = world
            .request(Method::POST, &path)
            .header("x-portal-token", "spoofed");
        let echo = world.send(bare).await.echoed();
        assert!(echo["headers"]["x-portal-token"].is_null());
    }
}

#[tokio::test]
async fn a_key_holder_passes_with_the_pair_untouched() {
    let world = World::start(&[]).await;
    let request = world
        .request(Method::GET, "/api/external/ping")
        .header("x-api-key", "sk_1")
        .header("x-api-secret", "ss_1")
        .header("x-forwarded-for", "6.6.6.6");
    let echo = world.send(request).await.echoed();
    assert_eq!(
        (&echo["service"], &echo["caller"]),
        (&"external-gateway".into(), &"Anonymous".into())
    );
    assert_eq!(echo["headers"]["x-api-key"], "sk_1");
    assert_eq!(echo["headers"]["x-api-secret"], "ss_1");
    assert_eq!(echo["headers"]["x-forwarded-for"], "127.0.0.1");
}
