//! How much a key may ask, and how often an address may be wrong.

use std::time::{Duration, Instant};

use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::world::{KEY, SECRET, World};

#[tokio::test]
async fn answers_tell_what_is_left_to_the_key() {
    let world = World::start(&["--key-rate=1", "--key-burst=3"]).await;
    for remaining in [2, 1, 0] {
        let answer = world.send(world.ping(KEY, SECRET)).await;
        answer.echoed();
        assert_eq!(answer.number("ratelimit-limit"), 3);
        assert_eq!(answer.number("ratelimit-remaining"), remaining);
        assert_eq!(answer.number("ratelimit-reset"), 3 - remaining);
    }
    let answer = world.send(world.ping(KEY, SECRET)).await;
    assert_eq!(answer.refused(429).headers[RETRY_AFTER], "1");
    assert_eq!(answer.number("ratelimit-remaining"), 0);

    world.accept("sk_other", 4, &json!([]), &Value::Null);
    world.send(world.ping("sk_other", SECRET)).await.echoed();
}

#[tokio::test]
async fn a_key_that_asks_on_is_refused_late() {
    let world = World::start(&["--key-rate=1", "--key-burst=1"]).await;
    world.send(world.ping(KEY, SECRET)).await.echoed();
    world.send(world.ping(KEY, SECRET)).await.refused(429);
    let since = Instant::now();
    world.send(world.ping(KEY, SECRET)).await.refused(429);
    assert!(since.elapsed() >= Duration::from_millis(250));
}

#[tokio::test]
async fn wrong_keys_are_limited_by_address_and_good_ones_are_not() {
    let world = World::start(&["--trusted-proxies=127.0.0.1", "--key-failures-per-minute=5"]).await;
    let (bad, other) = ("198.51.100.1", "198.51.100.2");
    world.ping_from(bad, KEY, SECRET).await.echoed();
    for guess in 0..5 {
        world
            .ping_from(bad, KEY, &format!("ss_{guess}"))
            .await
            .refused(401);
    }
    let asked = world.project.asked();
    let answer = world.ping_from(bad, KEY, "ss_5").await;
    assert_eq!(answer.refused(429).headers[RETRY_AFTER], "12");
    assert!(!answer.headers.contains_key("ratelimit-limit"));
    // A pair never seen before is not even asked about, be it good.
    world.accept("sk_cold", 4, &json!([]), &Value::Null);
    world.ping_from(bad, "sk_cold", SECRET).await.refused(429);
    assert_eq!(world.project.asked(), asked);

    world.ping_from(bad, KEY, SECRET).await.echoed();
    world.ping_from(other, "sk_cold", SECRET).await.echoed();
    world.ping_from(bad, "sk_cold", SECRET).await.echoed();
    world.ping_from(other, KEY, "ss_wrong").await.refused(401);
}

#[tokio::test]
async fn a_known_key_from_a_forbidden_address_counts_as_wrong() {
    let world = World::start(&["--trusted-proxies=127.0.0.1", "--key-failures-per-minute=2"]).await;
    world.accept("sk_near", 4, &json!(["203.0.113.7/32"]), &Value::Null);
    for status in [401, 401, 429] {
        world
            .ping_from("198.51.100.1", "sk_near", SECRET)
            .await
            .refused(status);
    }
}
