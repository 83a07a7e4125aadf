//! Who changed what, from where.

use desk_events::Role;
use serde_json::json;

use crate::world::{ADMIN, World};

type AuditRow = (i64, String, String, i64, String);

async fn audited(world: &World) -> Vec<AuditRow> {
    sqlx::query_as(
        "select actor_id, action, target_kind, target_id, host(address) from audit order by id",
    )
    .fetch_all(&world.db)
    .await
    .unwrap()
}

#[tokio::test]
async fn every_change_leaves_its_row() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    let admin = world.admin().from_address("203.0.113.9");
    let made = admin
        .post("/admin/projects", json!({ "name": "A" }))
        .await
        .expect(201);
    let id = made["project"]["id"].as_i64().unwrap();
    let path = format!("/admin/projects/{id}");
    admin
        .put(&path, json!({ "is_active": false }))
        .await
        .expect(200);
    admin
        .post(&format!("{path}/agents"), json!({ "user_id": 3 }))
        .await
        .expect(201);
    admin.delete(&format!("{path}/agents/3")).await.expect(200);
    let key = admin
        .post(&format!("{path}/api-keys"), json!({ "name": "k" }))
        .await
        .expect(201);
    let key = key["key_id"].as_i64().unwrap();
    admin
        .delete(&format!("{path}/api-keys/{key}"))
        .await
        .expect(200);
    admin.delete(&path).await.expect(200);
    let row = |action: &str, kind: &str, target: i64| {
        (
            ADMIN,
            action.to_owned(),
            kind.to_owned(),
            target,
            "203.0.113.9".to_owned(),
        )
    };
    assert_eq!(
        audited(&world).await,
        [
            row("project.created", "project", id),
            row("project.updated", "project", id),
            row("project.agent_assigned", "project", id),
            row("project.agent_removed", "project", id),
            row("api_key.created", "api_key", key),
            row("api_key.revoked", "api_key", key),
            row("project.deleted", "project", id),
        ]
    );
}

#[tokio::test]
async fn reading_and_refusals_leave_none() {
    let world = World::start().await;
    world.admin().get("/admin/projects").await.expect(200);
    world
        .admin()
        .post("/admin/projects", json!({}))
        .await
        .expect(422);
    world
        .desk
        .user(3, Role::Agent)
        .post("/admin/projects", json!({ "name": "A" }))
        .await
        .expect(403);
    assert_eq!(world.rows("audit").await, 0);
}
