//! `GET /internal/projects` and `GET /internal/projects/{id}`, and who may take `/internal` at all.

use desk_events::{ProjectState, Role, StatePage};
use desk_replica::ProjectRecord;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_copy_learns_a_project_and_everyone_who_was_its_agent() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    world.person(4, Role::Agent).await;
    let id = world.project("A").await;
    world.assign(id, 3).await;
    world.assign(id, 4).await;
    world
        .admin()
        .delete(&format!("/admin/projects/{id}/agents/3"))
        .await
        .expect(200);
    let path = format!("/internal/projects/{id}");
    let record = world.desk.service("ticket").get(&path).await.expect(200);
    let record: ProjectRecord = serde_json::from_value(record).unwrap();
    assert_eq!(
        (record.project.prefix.as_str(), record.sequence),
        ("AXXX", 1)
    );
    let places: Vec<_> = record
        .members
        .iter()
        .map(|member| {
            (
                member.membership.user_id,
                member.membership.is_member,
                member.sequence,
            )
        })
        .collect();
    assert_eq!(places, [(3, false, 2), (4, true, 1)]);

    world
        .admin()
        .delete(&format!("/admin/projects/{id}"))
        .await
        .expect(200);
    let record = world.desk.service("ticket").get(&path).await.expect(200);
    let record: ProjectRecord = serde_json::from_value(record).unwrap();
    assert!(record.project.deleted);
    assert_eq!(record.sequence, 2);
    world
        .desk
        .service("ticket")
        .get("/internal/projects/99")
        .await
        .expect(404);
}

#[tokio::test]
async fn every_project_is_told_as_its_last_event_told_it() {
    let world = World::start().await;
    let (gone, kept) = (world.project("A").await, world.project("B").await);
    let path = |id: i64| format!("/admin/projects/{id}");
    let admin = world.admin();
    admin.delete(&path(gone)).await.expect(200);
    let name = json!({"name": "Be"});
    admin.put(&path(kept), name).await.expect(200);

    let service = world.desk.service("reporting");
    let page = async |path: &str| -> StatePage<ProjectState> {
        serde_json::from_value(service.get(path).await.expect(200)).unwrap()
    };
    let all = page("/internal/projects").await;
    let told: Vec<_> = (all.states.iter())
        .map(|told| {
            let state = &told.state;
            (told.id, state.name.as_str(), state.deleted, told.sequence)
        })
        .collect();
    assert_eq!(told, [(gone, "A", true, 2), (kept, "Be", false, 2)]);
    assert_eq!(all.next, None);
    let rest = page(&format!("/internal/projects?after={gone}")).await;
    assert_eq!(rest.states, all.states[1..]);
}

#[tokio::test]
async fn internal_paths_are_for_services_alone() {
    let world = World::start().await;
    let id = world.project("A").await;
    for outsider in [
        world.admin(),
        world.desk.user(2, Role::SuperAdmin),
        world.desk.key(1, id),
        world.desk.anonymous(),
        world.desk.stranger(),
    ] {
        outsider
            .get(&format!("/internal/projects/{id}"))
            .await
            .expect(401);
        outsider.get("/internal/projects").await.expect(401);
        outsider
            .post("/internal/keys/verify", json!({}))
            .await
            .expect(401);
        outsider
            .post("/internal/keys/used", json!({}))
            .await
            .expect(401);
    }
}
