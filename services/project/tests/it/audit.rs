//! Who changed what, from where.

use desk_events::Role;
use serde_json::{Value, json};

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
async fn a_row_names_what_changed_and_is_told() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    let admin = world.admin();
    let made = admin
        .post(
            "/admin/projects",
            json!({ "name": "A", "settings": {"token": "old"} }),
        )
        .await
        .expect(201);
    let path = format!("/admin/projects/{}", made["project"]["id"]);
    let change = json!({ "name": "B", "settings": {"token": "new"} });
    admin.put(&path, change).await.expect(200);
    for is_lead in [false, true] {
        let body = json!({ "user_id": 3, "is_lead": is_lead });
        let answer = admin.post(&format!("{path}/agents"), body).await;
        answer.expect(if is_lead { 200 } else { 201 });
    }
    admin.delete(&format!("{path}/agents/3")).await.expect(200);

    let told: Vec<Value> =
        sqlx::query_scalar("select payload from outbox where type = 'audit.recorded' order by seq")
            .fetch_all(&world.db)
            .await
            .unwrap();
    let change =
        |field: &str, from: Value, to: Value| json!({"field": field, "from": from, "to": to});
    let place = |is_lead: bool| json!({"user_id": 3, "is_lead": is_lead});
    let expected = [
        json!([
            change("name", json!(null), json!("A")),
            change("slug", json!(null), json!("a"))
        ]),
        json!([
            change("name", json!("A"), json!("B")),
            change("settings", json!(["token"]), json!(["token"])),
        ]),
        json!([change("agents", json!(null), place(false))]),
        json!([change("agents", place(false), place(true))]),
        json!([change("agents", place(true), json!(null))]),
    ];
    let changes: Vec<&Value> = told.iter().map(|entry| &entry["changes"]).collect();
    assert_eq!(changes, expected.iter().collect::<Vec<_>>());
    let kept: Vec<Value> = sqlx::query_scalar("select details -> 'changes' from audit order by id")
        .fetch_all(&world.db)
        .await
        .unwrap();
    assert_eq!(kept, expected);
    assert_eq!(told[0]["address"], "192.0.2.1");
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
