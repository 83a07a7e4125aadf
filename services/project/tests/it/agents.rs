//! Agents of projects.

use desk_events::{Role, UserState};
use serde_json::{Value, json};

use crate::world::{World, account};

async fn agents(world: &World, project: i64) -> Value {
    world
        .admin()
        .get(&format!("/projects/{project}/agents"))
        .await
        .expect(200)
}

fn path(project: i64) -> String {
    format!("/admin/projects/{project}/agents")
}

#[tokio::test]
async fn staff_join_and_leave() {
    let world = World::start().await;
    let id = world.project("A").await;
    for (user, role) in [(3, Role::Agent), (4, Role::Admin), (5, Role::SuperAdmin)] {
        world.person(user, role).await;
        let answer = world
            .admin()
            .post(&path(id), json!({ "user_id": user }))
            .await
            .expect(201);
        assert_eq!(answer, json!({ "message": "Agent assigned to project" }));
    }
    assert_eq!(
        agents(&world, id).await["agents"].as_array().unwrap().len(),
        3
    );
    let answer = world
        .admin()
        .delete(&format!("{}/3", path(id)))
        .await
        .expect(200);
    assert_eq!(answer, json!({ "message": "Agent removed from project" }));
    assert_eq!(
        agents(&world, id).await["agents"].as_array().unwrap().len(),
        2
    );
    world
        .admin()
        .delete(&format!("{}/3", path(id)))
        .await
        .expect(404);
}

#[tokio::test]
async fn assigning_again_updates_the_lead_flag() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    let id = world.project("A").await;
    for (body, status, is_lead) in [
        (json!({ "user_id": 3 }), 201, false),
        (json!({ "user_id": 3, "is_lead": true }), 200, true),
        (json!({ "user_id": 3 }), 200, true),
        (json!({ "user_id": 3, "is_lead": false }), 200, false),
    ] {
        world
            .admin()
            .post(&path(id), body.clone())
            .await
            .expect(status);
        assert_eq!(
            agents(&world, id).await["agents"][0]["is_lead"],
            is_lead,
            "{body}"
        );
    }
}

#[tokio::test]
async fn whoever_comes_back_is_no_lead_anymore() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    let id = world.project("A").await;
    let lead = json!({ "user_id": 3, "is_lead": true });
    world.admin().post(&path(id), lead).await.expect(201);
    world
        .admin()
        .delete(&format!("{}/3", path(id)))
        .await
        .expect(200);
    world.assign(id, 3).await;
    assert_eq!(agents(&world, id).await["agents"][0]["is_lead"], false);
}

#[tokio::test]
async fn only_active_staff_can_join() {
    let world = World::start().await;
    let id = world.project("A").await;
    let agent = |user| account(user, Role::Agent);
    for user in [
        account(10, Role::Customer),
        UserState {
            is_active: false,
            ..agent(11)
        },
        UserState {
            deleted: true,
            ..agent(12)
        },
    ] {
        world.copied(&user, 1).await;
        let answer = world
            .admin()
            .post(&path(id), json!({ "user_id": user.id }))
            .await
            .expect(422);
        assert!(answer["details"]["user_id"].is_array(), "{answer}");
    }
    for nobody in [99, 0, -5] {
        let answer = world
            .admin()
            .post(&path(id), json!({ "user_id": nobody }))
            .await
            .expect(422);
        assert!(answer["details"]["user_id"].is_array(), "{answer}");
    }
    assert_eq!(world.rows("memberships").await, 0);
}

#[tokio::test]
async fn a_user_whom_no_event_has_told_of_is_asked_for() {
    let world = World::start().await;
    let id = world.project("A").await;
    world.only_auth_knows(account(3, Role::Agent)).await;
    world.only_auth_knows(account(4, Role::Customer)).await;
    world.assign(id, 3).await;
    world
        .admin()
        .post(&path(id), json!({ "user_id": 4 }))
        .await
        .expect(422);
    let expected = json!({ "agents": [{ "id": 3, "name": "agent 3", "is_lead": false }] });
    assert_eq!(agents(&world, id).await, expected);
}

#[tokio::test]
async fn whoever_was_just_promoted_or_enabled_can_join() {
    let world = World::start().await;
    let id = world.project("A").await;
    let disabled = UserState {
        is_active: false,
        ..account(4, Role::Agent)
    };
    for before in [account(3, Role::Customer), disabled] {
        world.copied(&before, 0).await;
        world.only_auth_knows(account(before.id, Role::Agent)).await;
        world.assign(id, before.id).await;
    }
}

#[tokio::test]
async fn while_auth_is_down_known_users_can_join_and_unknown_ones_wait() {
    let world = World::start().await;
    let id = world.project("A").await;
    world.person(3, Role::Agent).await;
    let admin = world.without_auth().user(1, Role::Admin);
    admin
        .post(&path(id), json!({ "user_id": 3 }))
        .await
        .expect(201);
    let answer = admin.post(&path(id), json!({ "user_id": 4 })).await;
    assert!(answer.headers.contains_key("retry-after"));
    answer.expect(503);
}

#[tokio::test]
async fn a_project_is_looked_for_before_the_user() {
    let world = World::start().await;
    world
        .admin()
        .post(&path(99), json!({ "user_id": 98 }))
        .await
        .expect(404);
    world.admin().post(&path(99), json!({})).await.expect(422);
}

#[tokio::test]
async fn whoever_cannot_work_vanishes_from_the_lists() {
    let world = World::start().await;
    let id = world.project("A").await;
    world.person(3, Role::Agent).await;
    world.assign(id, 3).await;
    let (agent, customer) = (account(3, Role::Agent), account(3, Role::Customer));
    for (user, shown) in [
        (
            UserState {
                is_active: false,
                ..agent.clone()
            },
            0,
        ),
        (agent.clone(), 1),
        (customer, 0),
        (agent.clone(), 1),
        (
            UserState {
                deleted: true,
                ..agent
            },
            0,
        ),
    ] {
        world.copied(&user, 2).await;
        let detail = world
            .admin()
            .get(&format!("/admin/projects/{id}"))
            .await
            .expect(200);
        assert_eq!(detail["project"]["agents_count"], shown, "{user:?}");
        assert_eq!(
            detail["project"]["agents"].as_array().unwrap().len(),
            shown,
            "{user:?}"
        );
        assert_eq!(
            agents(&world, id).await["agents"].as_array().unwrap().len(),
            shown,
            "{user:?}"
        );
    }
}

#[tokio::test]
async fn two_assignments_at_once_make_one_agent() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    let id = world.project("A").await;
    let (admin, path) = (world.admin(), path(id));
    let body = json!({ "user_id": 3 });
    let (first, second) = tokio::join!(admin.post(&path, body.clone()), admin.post(&path, body));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    assert_eq!(world.rows("memberships").await, 1);
    assert_eq!(world.said().await.len(), 2);
}
