//! API keys: making, listing and revoking them.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::world::World;

fn path(project: i64) -> String {
    format!("/admin/projects/{project}/api-keys")
}

async fn listed(world: &World, project: i64) -> Value {
    world.admin().get(&path(project)).await.expect(200)["data"].take()
}

fn day(moment: OffsetDateTime) -> String {
    moment.date().to_string()
}

#[tokio::test]
async fn a_key_is_answered_flat_and_its_secret_once() {
    let world = World::start().await;
    let id = world.project("A").await;
    let answer = world
        .admin()
        .post(&path(id), json!({ "name": "Production Key" }))
        .await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let made = answer.expect(201);
    assert_eq!(made.as_object().unwrap().len(), 4);
    assert_eq!(made["message"], "Store the api_secret securely.");
    for (field, prefix, length) in [("api_key", "sk_", 32), ("api_secret", "ss_", 64)] {
        let random = made[field].as_str().unwrap().strip_prefix(prefix).unwrap();
        assert!(
            random.len() == length && random.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{made}"
        );
    }
    let rows = listed(&world, id).await;
    assert_eq!(
        rows,
        json!([{
            "id": made["key_id"], "name": "Production Key", "api_key": made["api_key"], "allowed_ips": [],
            "expires_at": null, "last_used_at": null, "revoked_at": null, "created_at": rows[0]["created_at"],
        }])
    );
}

#[tokio::test]
async fn the_database_holds_no_readable_secret() {
    let world = World::start().await;
    let id = world.project("A").await;
    let made = world.key(id, json!({})).await;
    let secret = made["api_secret"].as_str().unwrap();
    for table in ["api_keys", "audit", "outbox"] {
        let sql = sqlx::AssertSqlSafe(format!("select t::text from {table} t"));
        for row in sqlx::query_scalar::<_, String>(sql)
            .fetch_all(&world.db)
            .await
            .unwrap()
        {
            assert!(
                !row.contains(secret) && !row.contains("ss_"),
                "{table}: {row}"
            );
        }
    }
}

#[tokio::test]
async fn addresses_and_networks_are_kept() {
    let world = World::start().await;
    let id = world.project("A").await;
    let allowed = json!([
        "203.0.113.7",
        "10.0.0.0/8",
        "2001:db8::/32",
        "2001:db8::1",
        "203.0.113.7/32"
    ]);
    world.key(id, json!({ "allowed_ips": allowed })).await;
    let kept = json!(["203.0.113.7", "10.0.0.0/8", "2001:db8::/32", "2001:db8::1"]);
    assert_eq!(listed(&world, id).await[0]["allowed_ips"], kept);
    for empty in [json!([]), json!(null)] {
        world.key(id, json!({ "allowed_ips": empty })).await;
        assert_eq!(listed(&world, id).await[0]["allowed_ips"], json!([]));
    }
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let world = World::start().await;
    let id = world.project("A").await;
    for allowed in [
        json!(["example.com"]),
        json!(["1.2.3.4", "1.2.3.4/33"]),
        json!([""]),
        json!([null]),
        json!([5]),
        json!("1.2.3.4"),
        json!({}),
        json!(vec!["1.2.3.4"; 1_001]),
    ] {
        let body = json!({ "name": "k", "allowed_ips": allowed });
        let answer = world.admin().post(&path(id), body).await.expect(422);
        assert!(answer["details"]["allowed_ips"].is_array(), "{answer}");
    }
    assert_eq!(world.rows("api_keys").await, 0);
}

#[tokio::test]
async fn an_expiry_is_in_the_future() {
    let world = World::start().await;
    let id = world.project("A").await;
    let now = world.clock.now();
    for expires_at in [
        day(now - Duration::DAY),
        (now - Duration::SECOND).format(&Rfc3339).unwrap(),
        "2020-01-01".to_owned(),
        "2027-02-30".to_owned(),
        "tomorrow".to_owned(),
        "9999-12-31T23:59:59-23:00".to_owned(),
    ] {
        let body = json!({ "name": "k", "expires_at": expires_at });
        let answer = world.admin().post(&path(id), body).await.expect(422);
        assert!(answer["details"]["expires_at"].is_array(), "{answer}");
    }
    assert_eq!(world.rows("api_keys").await, 0);
}

#[tokio::test]
async fn a_bare_date_is_the_end_of_that_day() {
    let world = World::start().await;
    let id = world.project("A").await;
    let today = day(world.clock.now());
    for (expires_at, kept) in [
        (today.clone(), format!("{today}T23:59:59Z")),
        ("2099-04-21".to_owned(), "2099-04-21T23:59:59Z".to_owned()),
        (
            "2099-04-21T10:00:00+01:00".to_owned(),
            "2099-04-21T09:00:00Z".to_owned(),
        ),
        ("9999-12-31".to_owned(), "9999-12-31T23:59:59Z".to_owned()),
    ] {
        world.key(id, json!({ "expires_at": expires_at })).await;
        assert_eq!(listed(&world, id).await[0]["expires_at"], kept);
    }
}

#[tokio::test]
async fn a_revoked_key_stays_in_the_list() {
    let world = World::start().await;
    let id = world.project("A").await;
    let key = world.key(id, json!({})).await;
    let path = format!("{}/{}", path(id), key["key_id"]);
    let answer = world.admin().delete(&path).await.expect(200);
    assert_eq!(answer, json!({ "message": "API key revoked" }));
    let revoked_at = listed(&world, id).await[0]["revoked_at"].clone();
    assert!(revoked_at.is_string());
    let said = world.rows("outbox").await;
    world.clock.advance(Duration::seconds(5));
    world.admin().delete(&path).await.expect(200);
    assert_eq!(listed(&world, id).await[0]["revoked_at"], revoked_at);
    assert_eq!(
        world.rows("outbox").await,
        said,
        "revoking again says nothing"
    );
}

#[tokio::test]
async fn a_key_belongs_to_its_project_alone() {
    let world = World::start().await;
    let (own, other) = (world.project("A").await, world.project("B").await);
    let key = world.key(own, json!({})).await;
    assert_eq!(listed(&world, other).await, json!([]));
    world
        .admin()
        .delete(&format!("{}/{}", path(other), key["key_id"]))
        .await
        .expect(404);
    assert_eq!(listed(&world, own).await[0]["revoked_at"], Value::Null);
}

#[tokio::test]
async fn the_keys_come_in_pages_newest_first() {
    let world = World::start().await;
    let id = world.project("A").await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.insert(
            0,
            world.key(id, json!({})).await["key_id"].as_i64().unwrap(),
        );
    }
    let page = world
        .admin()
        .get(&format!("{}?per_page=2", path(id)))
        .await
        .expect(200);
    assert_eq!((&page["total"], &page["last_page"]), (&json!(3), &json!(2)));
    assert_eq!(
        (&page["data"][0]["id"], &page["data"][1]["id"]),
        (&json!(made[0]), &json!(made[1]))
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = world
        .admin()
        .get(&format!("{}?per_page=2&cursor={cursor}", path(id)))
        .await
        .expect(200);
    assert_eq!(
        (
            rest["data"].as_array().unwrap().len(),
            &rest["data"][0]["id"]
        ),
        (1, &json!(made[2]))
    );
}
