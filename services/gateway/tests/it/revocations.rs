//! Tokens that were ended, and what happens while auth cannot say so.

use std::{sync::atomic::Ordering, time::Duration};

use http::header::RETRY_AFTER;
use serde_json::json;

use crate::world::{World, eventually, within};

#[tokio::test]
async fn a_revocation_bites_within_a_second() {
    let world = World::start(&[]).await;
    let tokens = [
        (
            world.token_of(1, 10, "one"),
            json!({"kind": "token", "jti": "one"}),
        ),
        (
            world.token_of(2, 20, "two"),
            json!({"kind": "session", "sid": 20}),
        ),
        (
            world.token_of(3, 30, "three"),
            json!({"kind": "user", "user_id": 3, "generation": 3}),
        ),
    ];
    for (token, revocation) in tokens {
        world.get("/api/tickets", &token).await.echoed();
        world.auth.revoke(&revocation);
        within(Duration::from_secs(1), || async {
            world.get("/api/tickets", &token).await.status == 401
        })
        .await;
    }
    let spared = world.token_of(4, 40, "four");
    world
        .auth
        .revoke(&json!({"kind": "user", "user_id": 4, "generation": 3, "exempt_sid": 40}));
    world.auth.revoke(&json!({"kind": "token", "jti": "seven"}));
    let last = world.token_of(7, 70, "seven");
    eventually(|| async { world.get("/api/tickets", &last).await.status == 401 }).await;
    world.get("/api/tickets", &spared).await.echoed();
}

#[tokio::test]
async fn without_auth_the_last_known_state_counts_for_a_while() {
    let world = World::start(&[]).await;
    let (token, ended) = (world.token(), world.token_of(1, 10, "ended"));
    world.auth.revoke(&json!({"kind": "session", "sid": 10}));
    eventually(|| async { world.get("/api/tickets", &ended).await.status == 401 }).await;

    world.auth.down.store(true, Ordering::Relaxed);
    // What is asked for already may still be answered.
    tokio::time::sleep(Duration::from_millis(700)).await;
    world.clock.advance(time::Duration::seconds(25));
    world.get("/api/tickets", &token).await.echoed();
    world.clock.advance(time::Duration::seconds(6));
    let answer = world.get("/api/tickets", &token).await;
    assert!(answer.refused(503).headers.contains_key(RETRY_AFTER));
    world.get("/api/tickets", &ended).await.refused(401);

    world.auth.down.store(false, Ordering::Relaxed);
    eventually(|| async { world.get("/api/tickets", &token).await.status == 200 }).await;
}

#[tokio::test]
async fn before_the_first_word_of_auth_nobody_gets_in() {
    let world = World::cold(&[], true).await;
    let token = world.token();
    let answer = world.get("/api/tickets", &token).await;
    assert!(answer.refused(503).headers.contains_key(RETRY_AFTER));
    world.get("/api/tickets", "no token").await.refused(401);
    world.auth.down.store(false, Ordering::Relaxed);
    eventually(|| async { world.get("/api/tickets", &token).await.status == 200 }).await;
}
