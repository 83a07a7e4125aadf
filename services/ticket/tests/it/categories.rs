//! The category tree by the API, and what becomes of tickets in it.

use desk_events::{CategoryState, Fact, StatePage};
use serde_json::{Value, json};

use crate::desk::{ADMIN, Desk, NAIJA};

async fn made(desk: &Desk, name: &str, parent: Option<i64>) -> i64 {
    let body = json!({"name": name, "parent_id": parent});
    let answer = desk.admin().post("/categories", body).await.expect(201);
    answer["category"]["id"].as_i64().unwrap()
}

/// Every category's parent, by the ids in the tree.
async fn parents(desk: &Desk) -> Vec<(i64, Option<i64>)> {
    fn walk(nodes: &Value, found: &mut Vec<(i64, Option<i64>)>) {
        for node in nodes.as_array().unwrap() {
            found.push((node["id"].as_i64().unwrap(), node["parent_id"].as_i64()));
            walk(&node["children"], found);
        }
    }
    let tree = desk.agent().get("/categories").await.expect(200);
    let mut found = Vec::new();
    walk(&tree["categories"], &mut found);
    found
}

async fn said(desk: &Desk, id: i64) -> Vec<Value> {
    let told: Vec<(String, Value)> = sqlx::query_as(
        "select type, payload from outbox
         where aggregate_kind = 'category' and aggregate_id = $1 order by sequence",
    )
    .bind(id)
    .fetch_all(&desk.db)
    .await
    .unwrap();
    for (kind, payload) in &told {
        Fact::read(kind, 1, &payload.to_string()).unwrap();
    }
    told.into_iter().map(|(_, payload)| payload).collect()
}

#[tokio::test]
async fn a_category_is_made_changed_moved_and_deleted() {
    let desk = Desk::start().await;
    let body = json!({
        "name": " Uploads ", "parent_id": 2, "color": "#EF4444", "description": "Photos, files",
    });
    let answer = desk.admin().post("/categories", body).await.expect(201);
    let id = answer["category"]["id"].as_i64().unwrap();
    assert_eq!(
        answer["category"],
        json!({
            "id": id, "parent_id": 2, "name": "Uploads", "color": "#EF4444",
            "description": "Photos, files", "children": [],
        })
    );
    let below = made(&desk, "Photos", Some(id)).await;

    let path = format!("/categories/{id}");
    let change = json!({"name": "Files", "color": null, "parent_id": 3});
    let moved = desk.admin().put(&path, change.clone()).await.expect(200);
    assert_eq!(moved["category"]["name"], "Files");
    assert_eq!(moved["category"]["description"], "Photos, files");
    assert_eq!(moved["category"]["children"][0]["id"], below);
    // The same again says nothing.
    desk.admin().patch(&path, change).await.expect(200);
    let told = said(&desk, id).await;
    assert_eq!(told.len(), 2);
    assert_eq!(
        (&told[1]["name"], &told[1]["parent_id"]),
        (&json!("Files"), &json!(3))
    );

    desk.admin().delete(&path).await.expect(200);
    assert_eq!(said(&desk, id).await[2]["deleted"], true);
    // What stood below it stands below its parent now, and that is told too.
    assert!(parents(&desk).await.contains(&(below, Some(3))));
    assert_eq!(said(&desk, below).await[1]["parent_id"], 3);
    desk.admin().delete(&path).await.expect(404);
    desk.admin().put(&path, json!({})).await.expect(404);
    let refused = json!({"name": "x", "parent_id": id});
    desk.admin().post("/categories", refused).await.expect(422);
}

#[tokio::test]
async fn bad_categories_are_refused_field_by_field() {
    let desk = Desk::start().await;
    for (field, value) in [
        ("name", json!(null)),
        ("name", json!("  ")),
        ("name", json!("x".repeat(256))),
        ("name", json!(7)),
        ("color", json!("red")),
        ("color", json!("#12345G")),
        ("description", json!("x".repeat(65_536))),
        ("parent_id", json!(0)),
        ("parent_id", json!(999)),
        ("parent_id", json!("below")),
    ] {
        let mut body = json!({"name": "Good"});
        body[field] = value.clone();
        for answer in [
            desk.admin().post("/categories", body.clone()).await,
            desk.admin().put("/categories/1", body).await,
        ] {
            let details = answer.expect(422)["details"].clone();
            let named: Vec<&String> = details.as_object().unwrap().keys().collect();
            assert_eq!(named, [field], "{value}");
        }
    }
}

#[tokio::test]
async fn nothing_stands_below_itself_however_many_move_at_once() {
    let desk = Desk::start().await;
    let root = made(&desk, "a", None).await;
    let middle = made(&desk, "b", Some(root)).await;
    let leaf = made(&desk, "c", Some(middle)).await;
    for parent in [root, middle, leaf] {
        let path = format!("/categories/{root}");
        let answer = desk.admin().put(&path, json!({"parent_id": parent})).await;
        assert!(answer.expect(422)["details"]["parent_id"].is_array());
    }
    for _ in 0..8 {
        let (one, other) = (
            made(&desk, "one", None).await,
            made(&desk, "other", None).await,
        );
        let (admin, paths) = (
            desk.admin(),
            [format!("/categories/{one}"), format!("/categories/{other}")],
        );
        let (first, second) = tokio::join!(
            admin.put(&paths[0], json!({"parent_id": other})),
            admin.put(&paths[1], json!({"parent_id": one})),
        );
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422]);
        // Whoever is in a cycle hangs from no root.
        let tree = parents(&desk).await;
        assert!(
            [one, other]
                .iter()
                .all(|id| tree.iter().any(|(known, _)| known == id))
        );
    }
}

#[tokio::test]
async fn a_tree_has_twenty_levels_at_most() {
    let desk = Desk::start().await;
    let mut parent = None;
    for _ in 0..20 {
        parent = Some(made(&desk, "deeper", parent).await);
    }
    let body = json!({"name": "too deep", "parent_id": parent});
    desk.admin().post("/categories", body).await.expect(422);
}

#[tokio::test]
async fn a_ticket_goes_on_showing_a_deleted_category() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let path = format!("/tickets/{id}");
    desk.agent()
        .put(&path, json!({"category_id": 2}))
        .await
        .expect(200);
    desk.admin().delete("/categories/2").await.expect(200);
    let category = json!({"id": 2, "name": "Technical Issue", "color": "#EF4444"});
    assert_eq!(desk.ticket(id).await["category"], category);
    let listed = desk.agent().get("/tickets?category_id=2").await.expect(200);
    assert_eq!(listed["data"][0]["category"], category);
    // Naming the category that it has changes nothing; no other ticket gets it any more.
    let same = json!({"category_id": 2, "subject": "New"});
    desk.agent().put(&path, same).await.expect(200);
    let (other, _) = desk.file(NAIJA).await;
    desk.agent()
        .put(&format!("/tickets/{other}"), json!({"category_id": 2}))
        .await
        .expect(422);
}

#[tokio::test]
async fn changes_of_the_configuration_are_audited_and_told() {
    let desk = Desk::start().await;
    let admin = desk.admin().from_address("203.0.113.9");
    let id = made(&desk, "Child", Some(1)).await;
    admin
        .put("/categories/1", json!({"name": "All"}))
        .await
        .expect(200);
    admin.delete("/categories/1").await.expect(200);
    admin
        .put("/admin/sla/1", json!({"name": "Now"}))
        .await
        .expect(200);
    let hours =
        json!({"name": "Office", "timezone": "UTC", "hours": {"mon": [["09:00", "17:00"]]}});
    let calendar =
        admin.post("/admin/calendars", hours).await.expect(201)["calendar"]["id"].clone();
    admin
        .delete(&format!("/admin/calendars/{calendar}"))
        .await
        .expect(200);

    let told: Vec<Value> = sqlx::query_scalar(
        "select payload from outbox where type = 'audit.recorded' order by seq offset 1",
    )
    .fetch_all(&desk.db)
    .await
    .unwrap();
    let row = |action: &str, target: &Value, changes: Value| {
        let kind = action.split_once('.').unwrap().0;
        json!({
            "actor_id": ADMIN, "action": action, "target_kind": kind, "target_id": target,
            "address": "203.0.113.9", "changes": changes,
        })
    };
    let name = |from: &str, to: &str| json!([{"field": "name", "from": from, "to": to}]);
    let expected = [
        row("category.updated", &json!(1), name("General", "All")),
        row(
            "category.updated",
            &json!(id),
            json!([{"field": "parent_id", "from": 1, "to": null}]),
        ),
        row(
            "category.deleted",
            &json!(1),
            json!([
                {"field": "color", "from": "#6B7280", "to": null},
                {"field": "description", "from": "Everything without a better place", "to": null},
                {"field": "name", "from": "All", "to": null},
            ]),
        ),
        row("sla_policy.updated", &json!(1), name("Critical", "Now")),
    ];
    assert_eq!(told[..4], expected);
    let actions: Vec<&Value> = told[4..].iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["calendar.created", "calendar.deleted"]);
    let kept: Vec<(i64, String, Value)> =
        sqlx::query_as("select target_id, action, changes from audit order by id offset 1")
            .fetch_all(&desk.db)
            .await
            .unwrap();
    for ((target, action, changes), entry) in kept.iter().zip(&told) {
        assert_eq!(
            (&entry["target_id"], &entry["action"]),
            (&json!(target), &json!(action))
        );
        assert_eq!(entry["changes"], *changes);
    }
    assert_eq!(kept.len(), told.len());
}

#[tokio::test]
async fn services_are_told_every_category_as_its_last_event_told_it() {
    let desk = Desk::start().await;
    let (gone, kept) = (
        made(&desk, "Gone", None).await,
        made(&desk, "Kept", Some(2)).await,
    );
    let path = |id: i64| format!("/categories/{id}");
    desk.admin().delete(&path(gone)).await.expect(200);
    let color = json!({"color": "#EF4444"});
    desk.admin().put(&path(kept), color).await.expect(200);

    let service = desk.service("reporting");
    let page = async |path: &str| -> StatePage<CategoryState> {
        serde_json::from_value(service.get(path).await.expect(200)).unwrap()
    };
    let all = page("/internal/categories").await;
    assert_eq!(all.next, None);
    for id in [gone, kept] {
        let told = all.states.iter().find(|told| told.id == id).unwrap();
        let said = said(&desk, id).await;
        assert_eq!(told.sequence, i64::try_from(said.len()).unwrap());
        let last = said.into_iter().next_back().unwrap();
        assert_eq!(serde_json::to_value(&told.state).unwrap(), last);
    }
    let rest = page(&format!("/internal/categories?after={gone}")).await;
    assert_eq!(rest.states.len(), 1);
    for outsider in [desk.admin(), desk.agent()] {
        outsider.get("/internal/categories").await.expect(401);
    }
}
