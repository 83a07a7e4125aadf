//! The role table of the reference, for every endpoint there is here.

use desk_events::Role;
use http::Method;
use serde_json::json;

use crate::world::World;

/// Every portal endpoint, and whether agents and customers may take it.
const ENDPOINTS: &[(&str, &str, bool, bool)] = &[
    ("GET", "/admin/projects", false, false),
    ("POST", "/admin/projects", false, false),
    ("GET", "/admin/projects/{id}", false, false),
    ("PUT", "/admin/projects/{id}", false, false),
    ("PATCH", "/admin/projects/{id}", false, false),
    ("DELETE", "/admin/projects/{id}", false, false),
    ("POST", "/admin/projects/{id}/agents", false, false),
    ("DELETE", "/admin/projects/{id}/agents/3", false, false),
    ("GET", "/admin/projects/{id}/api-keys", false, false),
    ("POST", "/admin/projects/{id}/api-keys", false, false),
    ("DELETE", "/admin/projects/{id}/api-keys/1", false, false),
    ("GET", "/projects", true, true),
    ("GET", "/projects/{id}/agents", true, false),
];

#[tokio::test]
async fn the_role_table_holds_row_by_row() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    let id = world.project("A").await;
    world.assign(id, 3).await;
    for (method, path, agents, customers) in ENDPOINTS {
        let path = path.replace("{id}", &id.to_string());
        let method: Method = method.parse().unwrap();
        for (role, allowed) in [(Role::Agent, *agents), (Role::Customer, *customers)] {
            let who = world
                .desk
                .user(3, role)
                .with_header("content-type", "application/json");
            // A body that nobody could use: the role is refused before it is read.
            let answer = who.send(method.clone(), &path, "{".into()).await;
            let refused = answer.status.as_u16() == 403;
            assert_eq!(
                refused, !allowed,
                "{role} {method} {path}: {}",
                answer.status
            );
        }
    }
    assert_eq!(world.rows("projects").await, 1);
}

#[tokio::test]
async fn both_kinds_of_admin_may_take_everything() {
    for role in [Role::SuperAdmin, Role::Admin] {
        let world = World::start().await;
        world.person(3, Role::Agent).await;
        let who = world.desk.user(7, role);
        let made = who
            .post("/admin/projects", json!({ "name": "A" }))
            .await
            .expect(201);
        let id = &made["project"]["id"];
        let path = format!("/admin/projects/{id}");
        who.get("/admin/projects").await.expect(200);
        who.get(&path).await.expect(200);
        who.put(&path, json!({ "name": "B" })).await.expect(200);
        who.patch(&path, json!({ "name": "C" })).await.expect(200);
        who.post(&format!("{path}/agents"), json!({ "user_id": 3 }))
            .await
            .expect(201);
        who.get(&format!("/projects/{id}/agents")).await.expect(200);
        who.delete(&format!("{path}/agents/3")).await.expect(200);
        let key = who
            .post(&format!("{path}/api-keys"), json!({ "name": "k" }))
            .await
            .expect(201);
        who.get(&format!("{path}/api-keys")).await.expect(200);
        who.delete(&format!("{path}/api-keys/{}", key["key_id"]))
            .await
            .expect(200);
        who.get("/projects").await.expect(200);
        who.delete(&path).await.expect(200);
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_portal_session() {
    let world = World::start().await;
    let id = world.project("A").await;
    for (method, path, ..) in ENDPOINTS {
        let path = path.replace("{id}", &id.to_string());
        let method: Method = method.parse().unwrap();
        let forged = world
            .desk
            .stranger()
            .with_header("authorization", "Bearer e30.e30.");
        let posing = world
            .desk
            .stranger()
            .with_header("x-user-role", "super_admin");
        for who in [
            world.desk.anonymous(),
            world.desk.stranger(),
            world.desk.key(1, id),
            world.desk.service("ticket"),
            forged,
            posing,
        ] {
            let answer = who.send(method.clone(), &path, "".into()).await;
            assert_eq!(
                answer.expect(401),
                json!({ "error": "Unauthenticated." }),
                "{method} {path}"
            );
        }
    }
}
