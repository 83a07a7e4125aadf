//! The owner's routes.

use desk_events::Role;
use serde_json::{Value, json};

use super::world::World;
use crate::desk::count;

fn request(spans: &Value) -> Value {
    json!({"kind": "project_count", "types": ["project.counted"], "spans": spans})
}

/// Ids and sequences of all heads, by pages of this size.
async fn heads(world: &World, limit: u32) -> Vec<(i64, i64)> {
    let client = world.http().service("reporting");
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/internal/heads?kind=project_count&limit={limit}&after={after}");
        let page = client.get(&path).await.expect(200);
        let heads = page["heads"].as_array().unwrap();
        assert!(heads.len() <= limit as usize);
        found.extend(heads.iter().map(|head| {
            (
                head["id"].as_i64().unwrap(),
                head["sequence"].as_i64().unwrap(),
            )
        }));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return found,
        }
    }
}

#[tokio::test]
async fn only_services_are_answered() {
    let world = World::open().await;
    let http = world.http();
    let spans = request(&json!([{"id": 1, "first": 1, "last": 1}]));
    for client in [
        http.user(1, Role::SuperAdmin),
        http.key(1, 1),
        http.stranger(),
    ] {
        let heads = client.get("/internal/heads?kind=ticket").await;
        assert_eq!(heads.status, 401);
        let republished = client.post("/internal/republish", spans.clone()).await;
        assert_eq!(republished.status, 401);
    }
}

#[tokio::test]
async fn heads_are_the_last_published_events_by_pages() {
    let world = World::open().await;
    world.say(1, 25, 1).await;
    world.say(10, 12, 2).await;
    world.desk.published().await;
    let expected: Vec<_> = (1..=25)
        .map(|id| (id, if (10..=12).contains(&id) { 2 } else { 1 }))
        .collect();
    for limit in [1, 5, 24, 25, 26] {
        assert_eq!(heads(&world, limit).await, expected, "{limit}");
    }
    // Said again, an old event lowers no head.
    sqlx::query(
        "insert into outbox_pending (day, seq) select day, seq from outbox where sequence = 1",
    )
    .execute(&world.desk.pool)
    .await
    .unwrap();
    world.desk.published().await;
    assert_eq!(heads(&world, 25).await, expected);
}

#[tokio::test]
async fn only_what_was_asked_for_is_said_again() {
    let mut world = World::open().await;
    let events: Vec<_> = (1..=5)
        .flat_map(|n| (1..=3).map(move |id| count(id, n, n)))
        .collect();
    world.desk.say(&events).await;
    world.desk.published().await;
    world.hush().await;
    let client = world.http().service("reporting");
    let spans = json!([
        {"id": 1, "first": 2, "last": 3}, {"id": 2, "first": 5, "last": 5},
        {"id": 2, "first": 6, "last": 7}, {"id": 9, "first": 1, "last": 1},
    ]);
    let answer = client
        .post("/internal/republish", request(&spans))
        .await
        .expect(200);
    assert_eq!(
        answer,
        json!({"events": 3, "aggregates": 2, "gone": [
            {"id": 2, "first": 6, "last": 7}, {"id": 9, "first": 1, "last": 1},
        ]})
    );
    let queued: Vec<(i64, i64)> = sqlx::query_as(
        "select o.aggregate_id, o.sequence from outbox_pending p join outbox o using (seq, day)
         order by p.seq",
    )
    .fetch_all(&world.desk.pool)
    .await
    .unwrap();
    assert_eq!(queued, [(1, 2), (1, 3), (2, 5)]);

    // Queued once is queued; another type or kind is nobody's.
    let again = client
        .post("/internal/republish", request(&spans))
        .await
        .expect(200);
    assert_eq!(
        (&again["events"], &again["aggregates"]),
        (&json!(0), &json!(2))
    );
    let mut other = request(&json!([{"id": 3, "first": 1, "last": 5}]));
    other["types"] = json!(["project.created"]);
    let passed = client
        .post("/internal/republish", other.clone())
        .await
        .expect(200);
    assert_eq!(passed, json!({"events": 0, "aggregates": 0, "gone": []}));
    other["kind"] = json!("ticket");
    let passed = client.post("/internal/republish", other).await.expect(200);
    assert_eq!(passed["gone"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn requests_are_bounded() {
    let world = World::open().await;
    let client = world.http().service("reporting");
    let span = |first: i64, last: i64| json!([{"id": 1, "first": first, "last": last}]);
    let many: Value = (0..501)
        .map(|id| json!({"id": id, "first": 1, "last": 1}))
        .collect();
    for spans in [
        json!([]),
        many,
        span(0, 1),
        span(3, 2),
        span(1, 5_001),
        span(1, i64::MAX),
    ] {
        let answer = client
            .post("/internal/republish", request(&spans))
            .await
            .expect(422);
        assert!(answer["details"]["spans"].is_array(), "{answer}");
    }
    for path in [
        "/internal/heads",
        "/internal/heads?kind=ticket&limit=0",
        "/internal/heads?kind=ticket&limit=1001",
        "/internal/heads?kind=ticket&after=nonsense",
    ] {
        client.get(path).await.expect(422);
    }
}

#[tokio::test]
async fn a_long_queue_is_not_made_longer() {
    let mut world = World::open().await;
    world.hush().await;
    sqlx::query(
        "insert into outbox_pending (day, seq) select current_date, n from generate_series(1, 10001) n",
    )
    .execute(&world.desk.pool)
    .await
    .unwrap();
    let client = world.http().service("reporting");
    let spans = request(&json!([{"id": 1, "first": 1, "last": 1}]));
    let answer = client.post("/internal/republish", spans).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["retry-after"]),
        (503, &"1".parse().unwrap())
    );
}
