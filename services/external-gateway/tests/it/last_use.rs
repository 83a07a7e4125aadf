//! Project learns when keys were used.

use serde_json::{Value, json};

use crate::world::{KEY, SECRET, World, eventually};

#[tokio::test]
async fn uses_are_told_in_one_report_and_not_lost_in_an_outage() {
    let world = World::start(&[]).await;
    world.accept("sk_other", 4, &json!([]), &Value::Null);
    for key in [KEY, KEY, "sk_other", KEY] {
        world.send(world.ping(key, SECRET)).await.echoed();
    }
    world
        .send(world.ping("sk_unknown", SECRET))
        .await
        .refused(401);
    world.set_project_down(true);
    world.app.report_last_use().await;
    assert!(world.project.uses.lock().unwrap().is_empty());

    world.set_project_down(false);
    world.app.report_last_use().await;
    let mut told: Vec<i64> = world
        .project
        .uses
        .lock()
        .unwrap()
        .iter()
        .map(|told| told["key_id"].as_i64().unwrap())
        .collect();
    told.sort_unstable();
    assert_eq!(told, [3, 4]);
}

#[tokio::test]
async fn uses_are_told_without_being_asked_for() {
    let world = World::start(&[]).await;
    world.send(world.ping(KEY, SECRET)).await.echoed();
    eventually(|| async { !world.project.uses.lock().unwrap().is_empty() }).await;
}
