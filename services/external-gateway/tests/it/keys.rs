//! Which pairs get in, as whom, and for how long.

use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{KEY, SECRET, World, within};

#[tokio::test]
async fn a_good_pair_is_swapped_for_an_internal_token() {
    let world = World::start(&[]).await;
    for path in ["/external/tickets?page=2", "/api/external/tickets?page=2"] {
        let request = world.request(Method::GET, path).header("x-user-id", "1");
        let request = request
            .header("x-api-key", KEY)
            .header("x-api-secret", SECRET);
        let echo = world.send(request).await.echoed();
        assert_eq!(echo["caller"], "Key { id: 3, project_id: 1 }");
        assert_eq!(echo["path"], "/external/tickets?page=2");
        assert_eq!(echo["headers"]["x-forwarded-for"], "127.0.0.1");
        for gone in ["x-api-key", "x-api-secret", "x-user-id"] {
            assert!(echo["headers"][gone].is_null(), "{gone}");
        }
    }
}

#[tokio::test]
async fn every_refusal_is_the_same() {
    let world = World::start(&[]).await;
    world.accept("sk_far", 4, &json!(["203.0.113.0/24"]), &Value::Null);
    world.accept("sk_old", 5, &json!([]), &json!("2020-01-01T00:00:00Z"));
    let long = "x".repeat(5000);
    let bare = || world.request(Method::GET, "/external/ping");
    let refused = [
        bare(),
        bare().header("x-api-key", KEY),
        bare().header("x-api-secret", SECRET),
        bare().bearer_auth(world.gateway_token()),
        world.ping("", ""),
        world.ping("sk_unknown", SECRET),
        world.ping(KEY, "ss_wrong"),
        world.ping(KEY, &long),
        world.ping(KEY, SECRET).header("x-api-key", "sk_second"),
        world.ping("sk_far", SECRET),
        world.ping("sk_old", SECRET),
    ];
    for request in refused {
        let answer = world.send(request).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.text, r#"{"error":"Invalid API credentials"}"#);
        let mut names: Vec<_> = answer
            .headers
            .keys()
            .map(|name| name.as_str().to_owned())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "cache-control",
                "content-length",
                "content-type",
                "date",
                "x-content-type-options",
                "x-request-id"
            ]
        );
    }
}

#[tokio::test]
async fn project_is_asked_once_a_second_for_good_and_bad_pairs() {
    let world = World::start(&["--key-failures-per-minute=1000"]).await;
    for (secret, status) in [(SECRET, 200), ("ss_wrong", 401)] {
        let before = world.project.asked();
        let answers = join_all((0..40).map(|_| world.send(world.ping(KEY, secret)))).await;
        assert!(answers.iter().all(|answer| answer.status == status));
        let asked = world.project.asked() - before;
        // A slow machine may take longer than the second.
        assert!((1..=3).contains(&asked), "{asked}");
    }
}

#[tokio::test]
async fn a_disabled_key_stops_within_a_second() {
    let world = World::start(&["--key-failures-per-minute=1000"]).await;
    world.send(world.ping(KEY, SECRET)).await.echoed();
    world.revoke(KEY);
    let limit = Duration::from_millis(1100);
    within(limit, || async {
        world.send(world.ping(KEY, SECRET)).await.status == 401
    })
    .await;
}

#[tokio::test]
async fn a_key_ends_by_the_clock_though_it_was_verified_before() {
    let world = World::start(&[]).await;
    let end = world.clock.now() + time::Duration::hours(1);
    let end = end
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    world.accept("sk_ends", 6, &json!([]), &json!(end));
    world.send(world.ping("sk_ends", SECRET)).await.echoed();
    world.clock.advance(time::Duration::hours(1));
    world.send(world.ping("sk_ends", SECRET)).await.refused(401);
}

#[tokio::test]
async fn an_address_list_holds_for_each_request() {
    let world = World::start(&["--trusted-proxies=127.0.0.1"]).await;
    world.accept(
        "sk_near",
        7,
        &json!(["203.0.113.7/32", "2001:db8::/32"]),
        &Value::Null,
    );
    for (address, status) in [
        ("203.0.113.7", 200),
        ("203.0.113.8", 401),
        ("::ffff:203.0.113.7", 200),
        ("2001:db8:5::1", 200),
        ("2001:db9::1", 401),
    ] {
        assert_eq!(
            world.ping_from(address, "sk_near", SECRET).await.status,
            status,
            "{address}"
        );
    }
}
