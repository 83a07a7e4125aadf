//! The time of an answer does not tell how near a key pair was: pairs that are wrong in different
//! ways are timed in turn, and their medians compared.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::World;

/// Calls of each kind in one comparison.
const ROUNDS: usize = 201;
/// Comparisons until it is believed that the times differ: a busy machine spoils one.
const COMPARISONS: usize = 5;
/// What may lie between the medians: a statement more would cost as much.
const SLACK: Duration = Duration::from_micros(300);

#[tokio::test]
async fn a_pair_that_is_nearly_right_takes_as_long_as_any() {
    let world = World::start().await;
    let id = world.project("A").await;
    let key = world.key(id, json!({})).await;
    let revoked = world.key(id, json!({})).await;
    let path = format!("/admin/projects/{id}/api-keys/{}", revoked["key_id"]);
    world.admin().delete(&path).await.expect(200);
    let secret = key["api_secret"].as_str().unwrap();
    let nearly = format!("{}~", &secret[..secret.len() - 1]);
    let pair = |api_key: &Value, secret: &str| json!({"api_key": api_key, "api_secret": secret});
    let bodies = [
        pair(&json!("sk_00000000000000000000000000000000"), secret),
        pair(&key["api_key"], &secret.replace(char::is_alphanumeric, "0")),
        pair(&key["api_key"], &nearly),
        pair(&revoked["api_key"], secret),
    ];
    let mut seen = Vec::new();
    for _ in 0..COMPARISONS {
        let medians = medians(&world, &bodies).await;
        let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
        if most.abs_diff(*least) <= SLACK.max(*least / 4) {
            return;
        }
        seen.push(medians);
    }
    panic!("{bodies:?} took {seen:?}");
}

/// The median time of each call's answer. The calls take turns, so that whatever else the machine
/// does falls on all of them.
async fn medians(world: &World, bodies: &[Value]) -> Vec<Duration> {
    let gateway = world.gateway();
    let mut times = vec![Vec::with_capacity(ROUNDS); bodies.len()];
    for round in 0..ROUNDS {
        for place in 0..bodies.len() {
            let kind = (place + round) % bodies.len();
            let started = Instant::now();
            let answer = gateway
                .post("/internal/keys/verify", bodies[kind].clone())
                .await;
            times[kind].push(started.elapsed());
            answer.expect(404);
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[ROUNDS / 2]
    };
    times.iter_mut().map(median).collect()
}
