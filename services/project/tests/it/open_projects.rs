//! `GET /projects` and `GET /projects/{id}/agents`: who sees which.

use desk_events::Role;
use serde_json::{Value, json};

use crate::world::World;

fn ids(page: &Value) -> Vec<i64> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn everybody_sees_the_projects_to_file_tickets_to() {
    let world = World::start().await;
    let agent = world.person(3, Role::Agent).await;
    let (own, other, closed) = (
        world.project("Own").await,
        world.project("Other").await,
        world.project("Closed").await,
    );
    world.assign(own, 3).await;
    world.assign(closed, 3).await;
    world
        .admin()
        .put(
            &format!("/admin/projects/{closed}"),
            json!({ "is_active": false }),
        )
        .await
        .expect(200);
    for (who, seen) in [
        (world.desk.user(9, Role::Customer), vec![other, own]),
        (world.admin(), vec![other, own]),
        (world.desk.user(2, Role::SuperAdmin), vec![other, own]),
        (agent, vec![own]),
        (world.desk.user(4, Role::Agent), vec![]),
    ] {
        let page = who.get("/projects").await.expect(200);
        assert_eq!(ids(&page), seen);
        assert_eq!(page["total"], seen.len());
    }
}

#[tokio::test]
async fn a_customer_learns_id_name_and_slug_alone() {
    let world = World::start().await;
    let id = world.project("Homes").await;
    let page = world
        .desk
        .user(9, Role::Customer)
        .get("/projects")
        .await
        .expect(200);
    assert_eq!(
        page["data"],
        json!([{ "id": id, "name": "Homes", "slug": "homes" }])
    );
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let world = World::start().await;
    for number in 1..=3 {
        world.project(&format!("P{number}")).await;
    }
    let customer = world.desk.user(9, Role::Customer);
    let first = customer.get("/projects?per_page=2").await.expect(200);
    assert_eq!((ids(&first).len(), &first["last_page"]), (2, &json!(2)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = customer
        .get(&format!("/projects?per_page=2&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest["data"][0]["name"], "P1");
}

#[tokio::test]
async fn a_removed_agent_sees_the_project_no_more() {
    let world = World::start().await;
    let agent = world.person(3, Role::Agent).await;
    let id = world.project("A").await;
    world.assign(id, 3).await;
    agent
        .get(&format!("/projects/{id}/agents"))
        .await
        .expect(200);
    world
        .admin()
        .delete(&format!("/admin/projects/{id}/agents/3"))
        .await
        .expect(200);
    agent
        .get(&format!("/projects/{id}/agents"))
        .await
        .expect(404);
    assert_eq!(agent.get("/projects").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn the_agents_of_a_project_are_its_staffs_to_know() {
    let world = World::start().await;
    let own = world.person(3, Role::Agent).await;
    let foreign = world.person(4, Role::Agent).await;
    let id = world.project("A").await;
    let other = world.project("B").await;
    world.assign(id, 3).await;
    world.assign(other, 4).await;
    let path = format!("/projects/{id}/agents");
    let expected = json!({ "agents": [{ "id": 3, "name": "agent 3", "is_lead": false }] });
    for who in [own, world.admin(), world.desk.user(2, Role::SuperAdmin)] {
        assert_eq!(who.get(&path).await.expect(200), expected);
    }
    foreign.get(&path).await.expect(404);
    world
        .desk
        .user(9, Role::Customer)
        .get(&path)
        .await
        .expect(403);
    world.admin().get("/projects/99/agents").await.expect(404);
}
