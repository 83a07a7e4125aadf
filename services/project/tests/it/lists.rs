//! The admins' list of projects.

use desk_events::Role;
use serde_json::{Value, json};

use crate::world::World;

fn names(page: &Value) -> Vec<&str> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}

async fn listed(world: &World, query: &str) -> Value {
    world
        .admin()
        .get(&format!("/admin/projects?{query}"))
        .await
        .expect(200)
}

#[tokio::test]
async fn a_row_has_the_contracts_fields() {
    let world = World::start().await;
    let id = world.project("NaijaHomes").await;
    let page = listed(&world, "").await;
    let row = page["data"][0].as_object().unwrap();
    let mut fields: Vec<_> = row.keys().map(String::as_str).collect();
    fields.sort_unstable();
    let contract = [
        "agents_count",
        "created_at",
        "description",
        "id",
        "is_active",
        "name",
        "prefix",
        "slug",
        "tickets_count",
    ];
    assert_eq!(fields, contract);
    assert_eq!(row["id"], id);
    assert_eq!(
        (
            &page["current_page"],
            &page["last_page"],
            &page["total"],
            &page["per_page"],
            &page["next_cursor"]
        ),
        (&json!(1), &json!(1), &json!(1), &json!(20), &Value::Null)
    );
}

#[tokio::test]
async fn the_newest_comes_first_and_the_order_is_stable() {
    let world = World::start().await;
    for name in ["One", "Two", "Three"] {
        world.project(name).await;
    }
    let made = |moment: &'static str, name: &'static str| {
        sqlx::query("update projects set created_at = $1::timestamptz where name like $2")
            .bind(moment)
            .bind(name)
            .execute(&world.db)
    };
    made("2026-01-01", "%").await.unwrap();
    assert_eq!(names(&listed(&world, "").await), ["Three", "Two", "One"]);
    made("2026-01-02", "One").await.unwrap();
    assert_eq!(names(&listed(&world, "").await), ["One", "Three", "Two"]);
}

#[tokio::test]
async fn search_takes_any_part_of_name_or_slug_literally() {
    let world = World::start().await;
    for name in ["École 100%", "Snake_case", "Back\\slash", "Plain"] {
        world.project(name).await;
    }
    for (search, found) in [
        ("%C3%89COLE", vec!["École 100%"]),
        ("%C3%A9cole", vec!["École 100%"]),
        ("ecole", vec!["École 100%"]),
        ("100%25", vec!["École 100%"]),
        ("%25", vec!["École 100%"]),
        ("_", vec!["Snake_case"]),
        ("%5C", vec!["Back\\slash"]),
        ("LAI", vec!["Plain"]),
        ("snake-case", vec!["Snake_case"]),
        ("nothing", vec![]),
    ] {
        let page = listed(&world, &format!("search={search}")).await;
        assert_eq!(names(&page), found, "{search}");
        assert_eq!(page["total"], found.len());
    }
    assert_eq!(listed(&world, "search=").await["total"], 4);
}

#[tokio::test]
async fn active_filters_both_ways() {
    let world = World::start().await;
    let id = world.project("Off").await;
    world.project("On").await;
    world
        .admin()
        .put(
            &format!("/admin/projects/{id}"),
            json!({ "is_active": false }),
        )
        .await
        .expect(200);
    for (query, found) in [
        ("active=1", vec!["On"]),
        ("active=true", vec!["On"]),
        ("active=0", vec!["Off"]),
        ("active=false", vec!["Off"]),
        ("active=", vec!["On", "Off"]),
        ("", vec!["On", "Off"]),
        ("active=0&search=on", vec![]),
    ] {
        assert_eq!(names(&listed(&world, query).await), found, "{query}");
    }
}

#[tokio::test]
async fn pages_and_cursors_walk_the_same_list() {
    let world = World::start().await;
    for number in 1..=5 {
        world.project(&format!("P{number}")).await;
    }
    let first = listed(&world, "per_page=2").await;
    assert_eq!(
        (names(&first), &first["last_page"], &first["total"]),
        (vec!["P5", "P4"], &json!(3), &json!(5))
    );
    let second = listed(&world, "per_page=2&page=2").await;
    assert_eq!(names(&second), ["P3", "P2"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let by_cursor = listed(&world, &format!("per_page=2&cursor={cursor}")).await;
    assert_eq!(names(&by_cursor), names(&second));
    let last = listed(&world, "per_page=2&page=3").await;
    assert_eq!(
        (names(&last), &last["next_cursor"]),
        (vec!["P1"], &Value::Null)
    );
    let beyond = listed(&world, "per_page=2&page=9").await;
    assert_eq!(
        (beyond["data"].as_array().unwrap().len(), &beyond["total"]),
        (0, &json!(5))
    );
}

#[tokio::test]
async fn agents_are_counted_while_they_can_work() {
    let world = World::start().await;
    let id = world.project("A").await;
    world.project("B").await;
    for user in [3, 4, 5] {
        world.person(user, Role::Agent).await;
        world.assign(id, user).await;
    }
    assert_eq!(
        listed(&world, "search=a").await["data"][0]["agents_count"],
        3
    );
    world
        .admin()
        .delete(&format!("/admin/projects/{id}/agents/3"))
        .await
        .expect(200);
    sqlx::query("update replica_users set is_active = false where id = 4")
        .execute(&world.db)
        .await
        .unwrap();
    let page = listed(&world, "").await;
    assert_eq!(
        (
            &page["data"][0]["agents_count"],
            &page["data"][1]["agents_count"]
        ),
        (&json!(0), &json!(1))
    );
}

#[tokio::test]
async fn a_search_is_counted_to_ten_thousand() {
    let world = World::start().await;
    let more = "insert into projects (name, name_folded, slug, prefix, timezone, settings,
                                      is_active, created_at, updated_at)
                select 'P' || n, 'p' || n, 'p' || n, 'P' || n, 'UTC', '{}', true, now(), now()
                from generate_series(1, $1) n
                on conflict do nothing";
    let fill = |rows: i32| sqlx::query(more).bind(rows).execute(&world.db);
    fill(10_000).await.unwrap();
    let page = listed(&world, "search=p").await;
    assert_eq!(
        (&page["total"], &page["total_capped"]),
        (&json!(10_000), &Value::Null)
    );
    fill(10_001).await.unwrap();
    let page = listed(&world, "search=p").await;
    assert_eq!(
        (&page["total"], &page["total_capped"]),
        (&json!(10_000), &json!(true))
    );
    let page = listed(&world, "active=1").await;
    assert_eq!(
        (&page["total"], &page["total_capped"]),
        (&json!(10_001), &Value::Null)
    );
}
