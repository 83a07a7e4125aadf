//! Making, showing, changing and deleting projects.

use desk_events::Role;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn a_project_is_answered_whole() {
    let world = World::start().await;
    let body = json!({
        "name": " NaijaHomes ", "description": "Homes", "support_email": "help@naija.example",
        "website_url": "https://naija.example/é", "timezone": "africa/lagos", "settings": {"theme": {"dark": true}},
        "unknown": 1,
    });
    let made = world
        .admin()
        .post("/admin/projects", body)
        .await
        .expect(201);
    let id = made["project"]["id"].as_i64().unwrap();
    let mut expected = json!({
        "id": id, "name": "NaijaHomes", "slug": "naijahomes", "prefix": "NAIJ",
        "description": "Homes", "is_active": true, "tickets_count": 0, "agents_count": 0,
        "support_email": "help@naija.example", "website_url": "https://naija.example/é",
        "timezone": "Africa/Lagos", "settings": {"theme": {"dark": true}},
        "agents": [], "sla_policies": [], "api_keys": [],
    });
    expected["created_at"] = made["project"]["created_at"].clone();
    assert_eq!(made, json!({ "project": expected }));
    assert_eq!(
        expected["created_at"].as_str().unwrap().len(),
        "2024-04-21T09:00:00Z".len()
    );
    let shown = world
        .admin()
        .get(&format!("/admin/projects/{id}"))
        .await
        .expect(200);
    assert_eq!(shown, made);
}

#[tokio::test]
async fn a_name_is_all_a_project_needs() {
    let world = World::start().await;
    let body = json!({ "name": "A", "description": "", "settings": [], "timezone": null, "website_url": " " });
    let made = world
        .admin()
        .post("/admin/projects", body)
        .await
        .expect(201);
    let project = &made["project"];
    for field in ["description", "support_email", "website_url"] {
        assert_eq!(project[field], Value::Null, "{field}");
    }
    assert_eq!(
        (&project["timezone"], &project["settings"]),
        (&json!("UTC"), &json!({}))
    );
}

#[tokio::test]
async fn the_detail_shows_agents_and_keys_without_secrets() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    world.person(4, Role::Admin).await;
    let id = world.project("NaijaHomes").await;
    world.assign(id, 3).await;
    let lead = json!({ "user_id": 4, "is_lead": true });
    world
        .admin()
        .post(&format!("/admin/projects/{id}/agents"), lead)
        .await
        .expect(201);
    let key = world.key(id, json!({})).await;
    let project = world
        .admin()
        .get(&format!("/admin/projects/{id}"))
        .await
        .expect(200)["project"]
        .take();
    assert_eq!(
        project["agents"],
        json!([
            {"id": 4, "name": "admin 4", "email": "admin4@example.com", "is_lead": true},
            {"id": 3, "name": "agent 3", "email": "agent3@example.com", "is_lead": false},
        ])
    );
    assert_eq!(project["agents_count"], 2);
    assert_eq!(project["api_keys"][0]["api_key"], key["api_key"]);
    assert!(!project.to_string().contains("ss_"), "{project}");
}

#[tokio::test]
async fn put_and_patch_change_only_what_they_mention() {
    let world = World::start().await;
    let body = json!({ "name": "Old", "description": "d", "support_email": "a@b.example", "settings": {"a": 1} });
    let made = world
        .admin()
        .post("/admin/projects", body)
        .await
        .expect(201);
    let path = format!("/admin/projects/{}", made["project"]["id"]);
    let renamed = world
        .admin()
        .put(&path, json!({ "name": "New" }))
        .await
        .expect(200);
    assert_eq!(renamed["project"]["name"], "New");
    assert_eq!(renamed["project"]["description"], "d");
    let cleared = json!({ "description": null, "support_email": "", "settings": null, "timezone": "Europe/Paris" });
    let cleared = world.admin().patch(&path, cleared).await.expect(200);
    assert_eq!(cleared["project"]["description"], Value::Null);
    assert_eq!(cleared["project"]["support_email"], Value::Null);
    assert_eq!(cleared["project"]["settings"], json!({}));
    assert_eq!(cleared["project"]["timezone"], "Europe/Paris");
    assert_eq!(world.admin().get(&path).await.expect(200), cleared);
}

#[tokio::test]
async fn what_cannot_be_cleared_is_named() {
    let world = World::start().await;
    let path = format!("/admin/projects/{}", world.project("A").await);
    let body = json!({ "name": null, "timezone": "", "is_active": null });
    let answer = world.admin().put(&path, body).await.expect(422);
    for field in ["name", "timezone", "is_active"] {
        assert!(answer["details"][field].is_array(), "{answer}");
    }
}

#[tokio::test]
async fn settings_are_replaced_whole() {
    let world = World::start().await;
    let made = world
        .admin()
        .post(
            "/admin/projects",
            json!({ "name": "A", "settings": {"a": 1} }),
        )
        .await;
    let path = format!("/admin/projects/{}", made.expect(201)["project"]["id"]);
    let changed = world
        .admin()
        .put(&path, json!({ "settings": {"b": [null, 1.5]} }))
        .await
        .expect(200);
    assert_eq!(changed["project"]["settings"], json!({"b": [null, 1.5]}));
    let emptied = world
        .admin()
        .put(&path, json!({ "settings": [] }))
        .await
        .expect(200);
    assert_eq!(emptied["project"]["settings"], json!({}));
}

#[tokio::test]
async fn an_update_that_changes_nothing_writes_nothing() {
    let world = World::start().await;
    let path = format!("/admin/projects/{}", world.project("A").await);
    let before = (world.rows("outbox").await, world.rows("audit").await);
    world.admin().put(&path, json!({})).await.expect(200);
    world
        .admin()
        .put(&path, json!({ "name": "A", "is_active": true }))
        .await
        .expect(200);
    assert_eq!(
        (world.rows("outbox").await, world.rows("audit").await),
        before
    );
}

#[tokio::test]
async fn a_deleted_project_is_gone_everywhere() {
    let world = World::start().await;
    let agent = world.person(3, Role::Agent).await;
    let id = world.project("NaijaHomes").await;
    world.assign(id, 3).await;
    let key = world.key(id, json!({})).await;
    let admin = world.admin();
    let path = format!("/admin/projects/{id}");
    let answer = admin.delete(&path).await.expect(200);
    assert_eq!(answer, json!({ "message": "Project deleted" }));

    for list in ["/admin/projects", "/admin/projects?active=0", "/projects"] {
        assert_eq!(admin.get(list).await.expect(200)["total"], 0, "{list}");
    }
    assert_eq!(agent.get("/projects").await.expect(200)["total"], 0);
    admin.get(&path).await.expect(404);
    admin.put(&path, json!({ "name": "x" })).await.expect(404);
    admin.delete(&path).await.expect(404);
    admin
        .get(&format!("/projects/{id}/agents"))
        .await
        .expect(404);
    agent
        .get(&format!("/projects/{id}/agents"))
        .await
        .expect(404);
    admin
        .post(&format!("{path}/agents"), json!({ "user_id": 3 }))
        .await
        .expect(404);
    admin.delete(&format!("{path}/agents/3")).await.expect(404);
    admin.get(&format!("{path}/api-keys")).await.expect(404);
    admin
        .post(&format!("{path}/api-keys"), json!({ "name": "x" }))
        .await
        .expect(404);
    admin
        .delete(&format!("{path}/api-keys/{}", key["key_id"]))
        .await
        .expect(404);
}

#[tokio::test]
async fn an_unknown_project_is_not_found() {
    let world = World::start().await;
    for id in ["1", "0", "-1", "9223372036854775807"] {
        let path = format!("/admin/projects/{id}");
        world.admin().get(&path).await.expect(404);
        world
            .admin()
            .put(&path, json!({ "name": "x" }))
            .await
            .expect(404);
        world.admin().delete(&path).await.expect(404);
    }
}

#[tokio::test]
async fn two_updates_at_once_both_count() {
    let world = World::start().await;
    let path = format!("/admin/projects/{}", world.project("A").await);
    let admin = world.admin();
    let (first, second) = tokio::join!(
        admin.put(&path, json!({ "description": "d" })),
        admin.put(&path, json!({ "support_email": "a@b.example" })),
    );
    first.expect(200);
    second.expect(200);
    let project = admin.get(&path).await.expect(200)["project"].take();
    assert_eq!(
        (&project["description"], &project["support_email"]),
        (&json!("d"), &json!("a@b.example"))
    );
    let sequences: Vec<_> = world
        .said()
        .await
        .into_iter()
        .map(|(_, _, sequence, _)| sequence)
        .collect();
    assert_eq!(sequences, [1, 2, 3]);
}
