//! `POST /internal/keys/verify` and `/used`.

use desk_events::Role;
use serde_json::{Value, json};
use time::{Duration, format_description::well_known::Rfc3339};

use crate::world::{PEPPER, World};

const VERIFY: &str = "/internal/keys/verify";
const OTHER_PEPPER: &str = "2027:another-pepper-of-this-test";

fn pair(key: &Value) -> Value {
    json!({ "api_key": key["api_key"], "api_secret": key["api_secret"] })
}

#[tokio::test]
async fn a_good_pair_names_its_project() {
    let world = World::start().await;
    let id = world.project("NaijaHomes").await;
    let body = json!({ "allowed_ips": ["203.0.113.7", "10.0.0.0/8"], "expires_at": "2099-04-21" });
    let key = world.key(id, body).await;
    let verified = world.gateway().post(VERIFY, pair(&key)).await.expect(200);
    assert_eq!(
        verified,
        json!({
            "key_id": key["key_id"],
            "project": { "id": id, "name": "NaijaHomes", "slug": "naijahomes", "prefix": "NAIJ" },
            "allowed_ips": ["203.0.113.7/32", "10.0.0.0/8"],
            "expires_at": "2099-04-21T23:59:59.999999Z",
        })
    );
    let eternal = world.key(id, json!({})).await;
    let verified = world
        .gateway()
        .post(VERIFY, pair(&eternal))
        .await
        .expect(200);
    assert_eq!(
        (&verified["allowed_ips"], &verified["expires_at"]),
        (&json!([]), &Value::Null)
    );
}

#[tokio::test]
async fn whatever_is_wrong_with_a_pair_the_answer_is_one() {
    let world = World::start().await;
    let id = world.project("A").await;
    let key = world.key(id, json!({})).await;
    let other = world.key(id, json!({})).await;
    let (api_key, secret) = (&key["api_key"], &key["api_secret"]);
    for body in [
        json!({}),
        json!({ "api_key": api_key }),
        json!({ "api_secret": secret }),
        json!({ "api_key": api_key, "api_secret": "" }),
        json!({ "api_key": api_key, "api_secret": "ss_wrong" }),
        json!({ "api_key": api_key, "api_secret": other["api_secret"] }),
        json!({ "api_key": "sk_unknown", "api_secret": secret }),
        json!({ "api_key": secret, "api_secret": api_key }),
        json!({ "api_key": api_key.as_str().unwrap().to_lowercase(), "api_secret": secret }),
        json!({ "api_key": "%", "api_secret": secret }),
    ] {
        let answer = world.gateway().post(VERIFY, body.clone()).await.expect(404);
        assert_eq!(answer, json!({ "error": "Not found." }), "{body}");
    }
    world.gateway().post(VERIFY, pair(&key)).await.expect(200);
}

#[tokio::test]
async fn a_revoked_key_is_dead() {
    let world = World::start().await;
    let id = world.project("A").await;
    let (key, other) = (
        world.key(id, json!({})).await,
        world.key(id, json!({})).await,
    );
    world
        .admin()
        .delete(&format!("/admin/projects/{id}/api-keys/{}", key["key_id"]))
        .await
        .expect(200);
    world.gateway().post(VERIFY, pair(&key)).await.expect(404);
    world.gateway().post(VERIFY, pair(&other)).await.expect(200);
}

#[tokio::test]
async fn an_expired_key_is_dead() {
    let world = World::start().await;
    let id = world.project("A").await;
    let soon = (world.clock.now() + Duration::seconds(5))
        .format(&Rfc3339)
        .unwrap();
    let key = world.key(id, json!({ "expires_at": soon })).await;
    world.gateway().post(VERIFY, pair(&key)).await.expect(200);
    world.clock.advance(Duration::seconds(5));
    world.gateway().post(VERIFY, pair(&key)).await.expect(404);
}

#[tokio::test]
async fn a_disabled_projects_keys_sleep_and_a_deleted_ones_die() {
    let world = World::start().await;
    let id = world.project("A").await;
    let key = world.key(id, json!({})).await;
    let path = format!("/admin/projects/{id}");
    for (is_active, status) in [(false, 404), (true, 200)] {
        world
            .admin()
            .put(&path, json!({ "is_active": is_active }))
            .await
            .expect(200);
        world
            .gateway()
            .post(VERIFY, pair(&key))
            .await
            .expect(status);
    }
    world.admin().delete(&path).await.expect(200);
    world.gateway().post(VERIFY, pair(&key)).await.expect(404);
}

#[tokio::test]
async fn peppers_rotate_without_a_key_dying() {
    let world = World::start().await;
    let id = world.project("A").await;
    let old = world.key(id, json!({})).await;
    let rotating = world.with_peppers(&format!("{OTHER_PEPPER},{PEPPER}"));
    rotating
        .service("external-gateway")
        .post(VERIFY, pair(&old))
        .await
        .expect(200);
    let body = json!({ "name": "made while rotating" });
    let new = rotating
        .user(1, Role::Admin)
        .post(&format!("/admin/projects/{id}/api-keys"), body)
        .await;
    let new = new.expect(201);
    let rotated = world.with_peppers(OTHER_PEPPER);
    rotated
        .service("external-gateway")
        .post(VERIFY, pair(&new))
        .await
        .expect(200);
    rotated
        .service("external-gateway")
        .post(VERIFY, pair(&old))
        .await
        .expect(404);
    world.gateway().post(VERIFY, pair(&new)).await.expect(404);
}

#[tokio::test]
async fn last_use_is_raised_and_never_lowered() {
    let world = World::start().await;
    let id = world.project("A").await;
    let (first, second) = (
        world.key(id, json!({})).await,
        world.key(id, json!({})).await,
    );
    let now = world.clock.now();
    let at = |ago: i64| (now - Duration::seconds(ago)).format(&Rfc3339).unwrap();
    let seconds = |ago: i64| desk_http::Timestamp(now - Duration::seconds(ago)).to_string();
    for (uses, updated, shown) in [
        (
            json!([{ "key_id": first["key_id"], "at": at(30) }, { "key_id": first["key_id"], "at": at(20) }]),
            1,
            20,
        ),
        (json!([{ "key_id": first["key_id"], "at": at(25) }]), 0, 20),
        (
            json!([{ "key_id": first["key_id"], "at": at(10) }, { "key_id": 999, "at": at(1) }]),
            1,
            10,
        ),
    ] {
        let answer = world
            .gateway()
            .post("/internal/keys/used", json!({ "uses": uses }))
            .await
            .expect(200);
        assert_eq!(answer, json!({ "updated": updated }), "{uses}");
        let rows = world
            .admin()
            .get(&format!("/admin/projects/{id}/api-keys"))
            .await
            .expect(200);
        assert_eq!(rows["data"][1]["last_used_at"], seconds(shown));
        assert_eq!(
            rows["data"][0]["last_used_at"],
            Value::Null,
            "{}",
            second["key_id"]
        );
    }
}

#[tokio::test]
async fn no_key_was_used_in_the_future() {
    let world = World::start().await;
    let id = world.project("A").await;
    let key = world.key(id, json!({})).await;
    let uses = json!({ "uses": [{ "key_id": key["key_id"], "at": "2999-01-01T00:00:00Z" }] });
    world
        .gateway()
        .post("/internal/keys/used", uses)
        .await
        .expect(200);
    let rows = world
        .admin()
        .get(&format!("/admin/projects/{id}/api-keys"))
        .await
        .expect(200);
    let last = rows["data"][0]["last_used_at"].as_str().unwrap().to_owned();
    assert!(
        last <= desk_http::Timestamp(world.clock.now()).to_string(),
        "{last}"
    );
}

#[tokio::test]
async fn a_batch_of_uses_is_checked() {
    let world = World::start().await;
    for body in [
        json!({}),
        json!({ "uses": [] }),
        json!({ "uses": "x" }),
        json!({ "uses": [{ "key_id": 1 }] }),
        json!({ "uses": [{ "key_id": 1, "at": "yesterday" }] }),
    ] {
        let answer = world
            .gateway()
            .post("/internal/keys/used", body)
            .await
            .expect(422);
        assert!(answer["details"]["uses"].is_array(), "{answer}");
    }
}
