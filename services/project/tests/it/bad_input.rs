//! Bad input: a clear 4xx in the envelope, nothing half-written.

use http::Method;
use serde_json::{Value, json};

use crate::world::World;

async fn raw(world: &World, content_type: &str, body: &str) -> (u16, Value) {
    let admin = world.admin().with_header("content-type", content_type);
    let answer = admin
        .send(Method::POST, "/admin/projects", body.to_owned().into())
        .await;
    (answer.status.as_u16(), answer.body)
}

fn named(answer: &Value) -> Vec<&str> {
    answer["details"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn unreadable_bodies_are_refused_by_kind() {
    let world = World::start().await;
    let json = "application/json";
    let huge = format!(r#"{{"name":"{}"}}"#, "x".repeat(1_100_000));
    for (content_type, body, status) in [
        (json, "{\"name\":", 400),
        (json, "nonsense", 400),
        (json, "{\"name\":\"\\ud800\"}", 400),
        ("text/plain", "{}", 415),
        ("application/x-www-form-urlencoded", "name=x", 415),
        (json, huge.as_str(), 413),
        (json, "5", 422),
        (json, "\"x\"", 422),
        (json, "[1]", 422),
        (json, "null", 422),
        (json, "[]", 422),
        (json, "", 422),
    ] {
        let (seen, answer) = raw(&world, content_type, body).await;
        assert_eq!(seen, status, "{} {answer}", &body[..body.len().min(30)]);
        assert!(answer["error"].is_string(), "{answer}");
    }
    assert_eq!(world.rows("projects").await, 0);
}

#[tokio::test]
async fn every_bad_field_of_a_project_is_named_at_once() {
    let world = World::start().await;
    let bad = json!({
        "name": "x".repeat(256), "description": 5, "support_email": "nobody", "website_url": "ftp://a.example",
        "timezone": "Mars/Olympus", "settings": "x", "is_active": "yes",
    });
    let fields = [
        "description",
        "is_active",
        "name",
        "settings",
        "support_email",
        "timezone",
        "website_url",
    ];
    let answer = world
        .admin()
        .post("/admin/projects", bad.clone())
        .await
        .expect(422);
    assert_eq!(answer["error"], "Validation failed.");
    assert_eq!(named(&answer), fields);
    let id = world.project("A").await;
    let answer = world
        .admin()
        .put(&format!("/admin/projects/{id}"), bad)
        .await
        .expect(422);
    assert_eq!(named(&answer), fields);
}

#[tokio::test]
async fn each_field_has_its_bounds() {
    let world = World::start().await;
    let mut deep = json!(1);
    for _ in 0..32 {
        deep = json!([deep]);
    }
    for (field, value) in [
        ("name", json!(null)),
        ("name", json!("   ")),
        ("name", json!(["x"])),
        ("name", json!("a\u{0}b")),
        ("description", json!("x".repeat(65_536))),
        ("description", json!("\u{0}")),
        ("support_email", json!("a b@example.com")),
        (
            "support_email",
            json!(format!("{}@example.com", "x".repeat(250))),
        ),
        ("website_url", json!("javascript:alert(1)")),
        ("website_url", json!("not a url")),
        (
            "website_url",
            json!(format!("https://a.example/{}", "x".repeat(2_048))),
        ),
        ("timezone", json!("+01:00")),
        ("timezone", json!(3)),
        ("settings", json!([1])),
        ("settings", json!({ "k": "x".repeat(70_000) })),
        ("settings", json!({ "k": deep })),
        ("settings", json!({ "k\u{0}": 1 })),
        ("settings", json!({ "k": ["\u{0}"] })),
        ("is_active", json!(1)),
    ] {
        let mut body = json!({ "name": "A" });
        body[field] = value;
        let answer = world
            .admin()
            .post("/admin/projects", body)
            .await
            .expect(422);
        assert_eq!(named(&answer), [field]);
    }
    assert_eq!(world.rows("projects").await, 0);
    assert_eq!(world.rows("outbox").await, 0);
}

#[tokio::test]
async fn the_longest_allowed_values_are_taken() {
    let world = World::start().await;
    let body = json!({ "name": "é".repeat(255), "description": "é".repeat(65_535) });
    world
        .admin()
        .post("/admin/projects", body)
        .await
        .expect(201);
}

#[tokio::test]
async fn bad_agents_are_named() {
    let world = World::start().await;
    let id = world.project("A").await;
    for (body, field) in [
        (json!({}), "user_id"),
        (json!({ "user_id": null }), "user_id"),
        (json!({ "user_id": "3" }), "user_id"),
        (json!({ "user_id": 1.5 }), "user_id"),
        (
            json!({ "user_id": 9_223_372_036_854_775_808_u64 }),
            "user_id",
        ),
        (json!({ "user_id": 3, "is_lead": "yes" }), "is_lead"),
        (json!({ "user_id": 3, "is_lead": null }), "is_lead"),
    ] {
        let answer = world
            .admin()
            .post(&format!("/admin/projects/{id}/agents"), body)
            .await
            .expect(422);
        assert_eq!(named(&answer), [field]);
    }
}

#[tokio::test]
async fn every_bad_field_of_a_key_is_named() {
    let world = World::start().await;
    let id = world.project("A").await;
    let body = json!({ "name": "", "allowed_ips": ["x"], "expires_at": 5 });
    let answer = world
        .admin()
        .post(&format!("/admin/projects/{id}/api-keys"), body)
        .await
        .expect(422);
    assert_eq!(named(&answer), ["allowed_ips", "expires_at", "name"]);
    let body = json!({ "name": "a\u{0}" });
    let answer = world
        .admin()
        .post(&format!("/admin/projects/{id}/api-keys"), body)
        .await
        .expect(422);
    assert_eq!(named(&answer), ["name"]);
}

#[tokio::test]
async fn bad_queries_are_named_never_ignored() {
    let world = World::start().await;
    let id = world.project("A").await;
    let lists = [
        "/admin/projects".to_owned(),
        "/projects".to_owned(),
        format!("/admin/projects/{id}/api-keys"),
    ];
    for list in &lists {
        for (query, field) in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=x", "page"),
            ("page=1000001", "page"),
            ("page=99999999999999999999", "page"),
            ("per_page=0", "per_page"),
            ("per_page=101", "per_page"),
            ("cursor=nonsense", "cursor"),
            ("cursor=W10", "cursor"),
            ("cursor=%00", "cursor"),
        ] {
            let answer = world
                .admin()
                .get(&format!("{list}?{query}"))
                .await
                .expect(422);
            assert_eq!(named(&answer), [field], "{list}?{query}");
        }
    }
    let long = format!("search={}", "x".repeat(201));
    for (query, field) in [
        ("active=yes", "active"),
        ("active=2", "active"),
        ("search=%00", "search"),
        (&long, "search"),
    ] {
        let answer = world
            .admin()
            .get(&format!("/admin/projects?{query}"))
            .await
            .expect(422);
        assert_eq!(named(&answer), [field], "{query}");
    }
    let answer = world
        .admin()
        .get("/admin/projects?page=0&per_page=0&active=x")
        .await
        .expect(422);
    assert_eq!(named(&answer), ["active", "page", "per_page"]);
}

#[tokio::test]
async fn ids_that_name_nothing_are_not_found() {
    let world = World::start().await;
    for id in [
        "x",
        "1.5",
        "99999999999999999999",
        "%00",
        "-1",
        "1%20or%201=1",
        "%E2%98%83",
    ] {
        world
            .admin()
            .get(&format!("/admin/projects/{id}"))
            .await
            .expect(404);
        world
            .admin()
            .delete(&format!("/admin/projects/1/agents/{id}"))
            .await
            .expect(404);
        world
            .admin()
            .delete(&format!("/admin/projects/1/api-keys/{id}"))
            .await
            .expect(404);
        world
            .admin()
            .get(&format!("/projects/{id}/agents"))
            .await
            .expect(404);
    }
}

#[tokio::test]
async fn what_is_no_route_is_answered_in_the_envelope() {
    let world = World::start().await;
    let answer = world.admin().delete("/admin/projects").await.expect(405);
    assert_eq!(answer, json!({ "error": "Method not allowed." }));
    let answer = world.admin().get("/admin/nothing").await.expect(404);
    assert_eq!(answer, json!({ "error": "Not found." }));
}
