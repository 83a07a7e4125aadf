//! What the service says, in the transaction of the change.

use desk_events::{Fact, Role};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_projects_life_is_told_in_order() {
    let world = World::start().await;
    let id = world.project("NaijaHomes").await;
    let path = format!("/admin/projects/{id}");
    world
        .admin()
        .put(&path, json!({ "name": "Homes" }))
        .await
        .expect(200);
    world
        .admin()
        .put(&path, json!({ "is_active": false }))
        .await
        .expect(200);
    world.admin().delete(&path).await.expect(200);
    let state = |name: &str, is_active: bool, deleted: bool| {
        json!({
            "id": id, "name": name, "slug": "naijahomes", "prefix": "NAIJ",
            "is_active": is_active, "deleted": deleted,
        })
    };
    let about =
        |kind: &str, sequence, state| (kind.to_owned(), format!("project:{id}"), sequence, state);
    assert_eq!(
        world.said().await,
        [
            about("project.created", 1, state("NaijaHomes", true, false)),
            about("project.updated", 2, state("Homes", true, false)),
            about("project.updated", 3, state("Homes", false, false)),
            about("project.deleted", 4, state("Homes", false, true)),
        ]
    );
}

#[tokio::test]
async fn a_memberships_sequence_only_grows() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    let id = world.project("A").await;
    let path = format!("/admin/projects/{id}/agents");
    world.assign(id, 3).await;
    world
        .admin()
        .post(&path, json!({ "user_id": 3, "is_lead": true }))
        .await
        .expect(200);
    world
        .admin()
        .post(&path, json!({ "user_id": 3, "is_lead": true }))
        .await
        .expect(200);
    world.admin().delete(&format!("{path}/3")).await.expect(200);
    world.assign(id, 3).await;
    let said = world.said().await.split_off(1);
    let aggregate = said[0].1.clone();
    assert!(aggregate.starts_with("membership:"));
    let about = |sequence, is_lead: bool, is_member: bool| {
        let state =
            json!({ "project_id": id, "user_id": 3, "is_lead": is_lead, "is_member": is_member });
        (
            "project.membership".to_owned(),
            aggregate.clone(),
            sequence,
            state,
        )
    };
    assert_eq!(
        said,
        [
            about(1, false, true),
            about(2, true, true),
            about(3, false, false),
            about(4, false, true)
        ]
    );
}

#[tokio::test]
async fn a_key_is_told_of_when_made_and_when_revoked() {
    let world = World::start().await;
    let id = world.project("A").await;
    let key = world.key(id, json!({})).await;
    world
        .admin()
        .delete(&format!("/admin/projects/{id}/api-keys/{}", key["key_id"]))
        .await
        .expect(200);
    let said = world.said().await.split_off(1);
    assert_eq!(said.len(), 2);
    for (event, sequence) in said.iter().zip([1, 2]) {
        assert_eq!((event.0.as_str(), event.2), ("project.key", sequence));
        assert_eq!(event.1, format!("api_key:{}", key["key_id"]));
        let Ok(Fact::ProjectKey(state)) = Fact::read(&event.0, 1, &event.3.to_string()) else {
            panic!("{event:?}")
        };
        assert_eq!(
            (state.project_id, state.revoked_at.is_some()),
            (id, sequence == 2)
        );
        assert_eq!(
            event.3.as_object().unwrap().len(),
            4,
            "nothing secret: {}",
            event.3
        );
    }
}

#[tokio::test]
async fn an_event_carries_its_requests_trace() {
    let world = World::start().await;
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let admin = world
        .admin()
        .with_header("x-request-id", "req-1")
        .with_header("traceparent", traceparent);
    admin
        .post("/admin/projects", json!({ "name": "A" }))
        .await
        .expect(201);
    let (request_id, traced): (String, String) =
        sqlx::query_as("select request_id, traceparent from outbox")
            .fetch_one(&world.db)
            .await
            .unwrap();
    assert_eq!(request_id, "req-1");
    assert!(
        traced.contains("0af7651916cd43dd8448eb211c80319c"),
        "{traced}"
    );
}

#[tokio::test]
async fn a_refused_request_says_nothing() {
    let world = World::start().await;
    let id = world.project("A").await;
    let before = world.rows("outbox").await;
    world
        .admin()
        .post(
            &format!("/admin/projects/{id}/agents"),
            json!({ "user_id": 99 }),
        )
        .await
        .expect(422);
    world
        .admin()
        .delete(&format!("/admin/projects/{id}/agents/99"))
        .await
        .expect(404);
    world
        .admin()
        .delete(&format!("/admin/projects/{id}/api-keys/99"))
        .await
        .expect(404);
    world
        .admin()
        .post("/admin/projects", json!({}))
        .await
        .expect(422);
    assert_eq!(world.rows("outbox").await, before);
}

#[tokio::test]
async fn the_relay_publishes_what_was_said() {
    let world = World::start().await;
    let _running = world.start_bus();
    world.project("A").await;
    desk_testkit::eventually(|| async { world.rows("outbox_pending").await == 0 }).await;
    // The project, and the row of the audit.
    assert_eq!(world.rows("outbox").await, 2);
}
