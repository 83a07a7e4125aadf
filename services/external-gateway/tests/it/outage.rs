//! What counts while project is out of reach, and what its events take back.

use std::time::Duration;

use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::world::{KEY, SECRET, World, eventually};

/// Longer than an answer of project counts.
const A_SECOND: Duration = Duration::from_millis(1100);

#[tokio::test]
async fn known_keys_live_a_minute_without_project() {
    let world = World::start(&["--trusted-proxies=127.0.0.1"]).await;
    let end = world.clock.now() + time::Duration::seconds(30);
    let end = end
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    world.accept("sk_near", 4, &json!(["203.0.113.7/32"]), &Value::Null);
    world.accept("sk_ends", 5, &json!([]), &json!(end));
    for key in [KEY, "sk_near", "sk_ends"] {
        world.ping_from("203.0.113.7", key, SECRET).await.echoed();
    }
    world.set_project_down(true);
    tokio::time::sleep(A_SECOND).await;
    for key in [KEY, "sk_near", "sk_ends"] {
        world.ping_from("203.0.113.7", key, SECRET).await.echoed();
    }
    world
        .ping_from("203.0.113.8", "sk_near", SECRET)
        .await
        .refused(401);
    let unknown = world.ping_from("203.0.113.7", "sk_new", SECRET).await;
    assert!(unknown.refused(503).headers.contains_key(RETRY_AFTER));

    world.clock.advance(time::Duration::seconds(35));
    world
        .ping_from("203.0.113.7", "sk_ends", SECRET)
        .await
        .refused(401);
    world.ping_from("203.0.113.7", KEY, SECRET).await.echoed();
    world.clock.advance(time::Duration::seconds(30));
    eventually(|| async { world.ping_from("203.0.113.7", KEY, SECRET).await.status == 503 }).await;

    world.set_project_down(false);
    world.ping_from("203.0.113.7", KEY, SECRET).await.echoed();
}

#[tokio::test]
async fn a_key_that_project_refused_is_not_known_any_more() {
    let world = World::start(&[]).await;
    world.send(world.ping(KEY, SECRET)).await.echoed();
    world.revoke(KEY);
    eventually(|| async { world.send(world.ping(KEY, SECRET)).await.status == 401 }).await;
    world.set_project_down(true);
    eventually(|| async { world.send(world.ping(KEY, SECRET)).await.status == 503 }).await;
}

#[tokio::test]
async fn an_event_takes_a_key_back_at_once() {
    let world = World::start(&[]).await;
    world.accept("sk_other", 4, &json!([]), &Value::Null);
    for key in [KEY, "sk_other"] {
        world.send(world.ping(key, SECRET)).await.echoed();
    }
    world.set_project_down(true);
    world.send(world.ping(KEY, SECRET)).await.echoed();
    // Published again until it is heard: the subscription may be younger than the first.
    eventually(|| async {
        world.publish_revoked(3).await;
        world.send(world.ping(KEY, SECRET)).await.status == 503
    })
    .await;
    world.send(world.ping("sk_other", SECRET)).await.echoed();
}
