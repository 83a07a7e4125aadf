//! `GET /internal/revocations`.

use desk_identity::Role;
use serde_json::{Value, json};
use time::Duration;

use crate::desk::{Auth, bad_fields, claims};

async fn since(auth: &Auth, after: i64) -> Value {
    let path = format!("/internal/revocations?after={after}");
    auth.desk.service("gateway").get(&path).await.expect(200)
}

fn ids(answer: &Value) -> Vec<i64> {
    let rows = answer["revocations"].as_array().unwrap();
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn each_kind_has_its_fields() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let (first, other) = (
        auth.login("alice@desk.test").await,
        auth.login("alice@desk.test").await,
    );
    auth.refresh(&first).await;
    auth.present("/auth/logout", &other).await.expect(200);
    auth.admin()
        .put(&format!("/admin/users/{id}"), json!({"role": "admin"}))
        .await
        .expect(200);
    let body = json!({"password": "another password", "password_confirmation": "another password"});
    auth.as_holder(&first)
        .put("/auth/profile", body)
        .await
        .expect(200);

    let (first, other) = (claims(&first), claims(&other));
    let answer = auth.revocations().await;
    let mut rows = answer["revocations"].as_array().unwrap().clone();
    assert_eq!(answer["last_id"], rows[3]["id"]);
    let now = auth.clock.now().unix_timestamp();
    for row in &mut rows {
        let expires_at = row["expires_at"].as_i64().unwrap();
        assert!((now + 3600..=now + 3700).contains(&expires_at), "{row}");
        row.as_object_mut()
            .unwrap()
            .retain(|field, _| field != "id" && field != "expires_at");
    }
    assert_eq!(
        json!(rows),
        json!([
            {"kind": "token", "jti": first["jti"]},
            {"kind": "session", "sid": other["sid"]},
            {"kind": "user", "user_id": id, "generation": 2},
            {"kind": "user", "user_id": id, "generation": 3, "exempt_sid": first["sid"]},
        ])
    );
}

#[tokio::test]
async fn news_are_what_came_since_and_the_last_minute_again() {
    let auth = Auth::start().await;
    assert_eq!(
        auth.revocations().await,
        json!({"revocations": [], "last_id": 0})
    );
    auth.person("alice@desk.test", Role::Agent).await;
    let token = auth.login("alice@desk.test").await;
    let token = auth.refresh(&token).await;
    let first = auth.revocations().await["last_id"].as_i64().unwrap();
    // Within the minute it comes again: an earlier id may have committed later.
    assert_eq!(ids(&since(&auth, first).await), [first]);
    auth.advance(Duration::seconds(61));
    assert_eq!(
        since(&auth, first).await,
        json!({"revocations": [], "last_id": first})
    );
    auth.refresh(&token).await;
    let news = since(&auth, first).await;
    assert_eq!(ids(&news).len(), 1);
    assert!(news["last_id"].as_i64().unwrap() > first);
    assert_eq!(ids(&auth.revocations().await).len(), 2);
}

#[tokio::test]
async fn the_place_to_ask_from_never_goes_back() {
    let auth = Auth::start().await;
    assert_eq!(
        since(&auth, 77).await,
        json!({"revocations": [], "last_id": 77})
    );
}

#[tokio::test]
async fn a_revocation_outlives_every_token_it_concerns() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let token = auth.login("alice@desk.test").await;
    auth.advance(Duration::minutes(30));
    auth.admin()
        .delete(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    auth.advance(Duration::minutes(30));
    assert!(auth.is_revoked(&token).await);
    auth.advance(Duration::minutes(40));
    assert_eq!(ids(&auth.revocations().await), Vec::<i64>::new());
}

#[tokio::test]
async fn only_an_id_can_be_asked_from() {
    let auth = Auth::start().await;
    for after in ["x", "-1", "99999999999999999999", "1.5"] {
        let path = format!("/internal/revocations?after={after}");
        assert_eq!(
            bad_fields(auth.desk.service("gateway").get(&path).await),
            ["after"],
            "{after}"
        );
    }
}
