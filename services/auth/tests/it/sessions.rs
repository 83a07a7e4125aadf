//! `POST /auth/refresh`, `/auth/logout`, `/auth/logout-all`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use desk_identity::portal::PortalSession;
use desk_identity::{Caller, PortalClaims, PortalSigner, Role, SigningKey};
use desk_testkit::Desk;
use serde_json::json;
use time::Duration;

use crate::desk::{Auth, claims, fields, tokens};

const PATHS: [&str; 3] = ["/auth/refresh", "/auth/logout", "/auth/logout-all"];

async fn signed_in() -> (Auth, i64, String) {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let token = auth.login("alice@desk.test").await;
    (auth, id, token)
}

#[tokio::test]
async fn a_refresh_answers_a_new_token_of_the_same_session() {
    let (auth, _, old) = signed_in().await;
    auth.advance(Duration::minutes(5));
    let answer = auth.present("/auth/refresh", &old).await.expect(200);
    assert_eq!(
        fields(&answer),
        ["access_token", "expires_in", "token_type"]
    );
    let (old, new) = (
        claims(&old),
        claims(answer["access_token"].as_str().unwrap()),
    );
    for same in ["sub", "sid", "sat", "role", "gen"] {
        assert_eq!(old[same], new[same], "{same}");
    }
    assert_ne!(old["jti"], new["jti"]);
    assert!(new["exp"].as_i64() > old["exp"].as_i64());
}

#[tokio::test]
async fn a_token_refreshes_once() {
    let (auth, _, old) = signed_in().await;
    let new = auth.refresh(&old).await;
    for path in PATHS {
        auth.present(path, &old).await.expect(401);
    }
    auth.refresh(&new).await;
}

#[tokio::test]
async fn of_many_refreshes_at_once_exactly_one_wins() {
    let (auth, _, token) = signed_in().await;
    let tries = (0..8).map(|_| auth.present("/auth/refresh", &token));
    let answers = futures::future::join_all(tries).await;
    let won: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(won.len(), 1);
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 401).count(),
        7
    );
    auth.refresh(won[0].body["access_token"].as_str().unwrap())
        .await;
}

#[tokio::test]
async fn the_old_token_is_revoked_for_the_gateways_until_it_expires() {
    let (auth, _, old) = signed_in().await;
    let new = auth.refresh(&old).await;
    assert!(auth.is_revoked(&old).await);
    assert!(!auth.is_revoked(&new).await);
    auth.advance(Duration::minutes(62));
    assert_eq!(auth.revocations().await["revocations"], json!([]));
}

#[tokio::test]
async fn an_expired_token_refreshes_until_the_sessions_window_is_over() {
    let (auth, _, token) = signed_in().await;
    auth.advance(Duration::days(10));
    let token = auth.refresh(&token).await;
    auth.advance(Duration::days(4) - Duration::minutes(1));
    let token = auth.refresh(&token).await;
    auth.advance(Duration::minutes(2));
    for path in PATHS {
        auth.present(path, &token).await.expect(401);
    }
}

#[tokio::test]
async fn a_dead_token_stays_dead_to_the_end_of_the_window() {
    let (auth, _, old) = signed_in().await;
    let new = auth.refresh(&old).await;
    auth.advance(Duration::days(13));
    auth::sweep::once(&auth.app).await.unwrap();
    auth.present("/auth/refresh", &old).await.expect(401);
    auth.refresh(&new).await;
}

#[tokio::test]
async fn a_refresh_reads_the_role_afresh() {
    let (auth, id, old) = signed_in().await;
    auth.admin()
        .put(&format!("/admin/users/{id}"), json!({"role": "customer"}))
        .await
        .expect(200);
    assert!(auth.is_revoked(&old).await);
    let new = auth.refresh(&old).await;
    assert_eq!(claims(&new)["role"], "customer");
    assert!(!auth.is_revoked(&new).await);
}

#[tokio::test]
async fn a_disabled_user_does_not_refresh_not_even_once_enabled_again() {
    let (auth, id, token) = signed_in().await;
    let path = format!("/admin/users/{id}");
    auth.admin()
        .put(&path, json!({"is_active": false}))
        .await
        .expect(200);
    for path in PATHS {
        auth.present(path, &token).await.expect(401);
    }
    auth.admin()
        .put(&path, json!({"is_active": true}))
        .await
        .expect(200);
    auth.present("/auth/refresh", &token).await.expect(401);
}

#[tokio::test]
async fn a_deleted_user_does_not_refresh() {
    let (auth, id, token) = signed_in().await;
    auth.admin()
        .delete(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    for path in PATHS {
        auth.present(path, &token).await.expect(401);
    }
}

#[tokio::test]
async fn a_logout_ends_this_session_alone() {
    let (auth, _, here) = signed_in().await;
    let there = auth.login("alice@desk.test").await;
    let answer = auth.present("/auth/logout", &here).await.expect(200);
    assert_eq!(answer, json!({"message": "Logged out successfully"}));
    assert!(auth.is_revoked(&here).await);
    for path in PATHS {
        auth.present(path, &here).await.expect(401);
    }
    assert!(!auth.is_revoked(&there).await);
    auth.refresh(&there).await;
}

#[tokio::test]
async fn a_logout_everywhere_ends_every_session_of_this_user_alone() {
    let (auth, _, here) = signed_in().await;
    auth.person("bob@desk.test", Role::Agent).await;
    let (there, bobs) = (
        auth.login("alice@desk.test").await,
        auth.login("bob@desk.test").await,
    );
    let answer = auth.present("/auth/logout-all", &here).await.expect(200);
    assert_eq!(answer, json!({"message": "Logged out successfully"}));
    for token in [&here, &there] {
        assert!(auth.is_revoked(token).await);
        auth.present("/auth/refresh", token).await.expect(401);
    }
    assert!(!auth.is_revoked(&bobs).await);
    auth.refresh(&bobs).await;
    let again = auth.login("alice@desk.test").await;
    assert!(!auth.is_revoked(&again).await);
}

#[tokio::test]
async fn logouts_take_expired_tokens_as_refresh_does() {
    for path in ["/auth/logout", "/auth/logout-all"] {
        let (auth, _, token) = signed_in().await;
        auth.advance(Duration::days(3));
        auth.present(path, &token).await.expect(200);
        auth.present("/auth/refresh", &token).await.expect(401);
    }
}

#[tokio::test]
async fn a_logout_during_a_refresh_leaves_no_session_behind_or_is_told_so() {
    let (auth, _, token) = signed_in().await;
    let (refreshed, logged_out) = tokio::join!(
        auth.present("/auth/refresh", &token),
        auth.present("/auth/logout", &token)
    );
    let statuses = (refreshed.status.as_u16(), logged_out.status.as_u16());
    assert!(
        statuses == (200, 401) || statuses == (401, 200),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn without_a_portal_token_there_is_nothing_to_refresh() {
    let auth = Auth::start().await;
    for path in PATHS {
        auth.desk
            .anonymous()
            .post(path, json!({}))
            .await
            .expect(401);
        auth.desk
            .user(1, Role::Agent)
            .post(path, json!({}))
            .await
            .expect(401);
    }
}

#[tokio::test]
async fn the_portal_token_is_taken_from_the_gateway_alone() {
    let (auth, _, token) = signed_in().await;
    for path in PATHS {
        for client in [
            auth.desk.stranger(),
            auth.desk.service("ticket"),
            auth.desk.key(1, 1),
        ] {
            let client = client.with_header("x-portal-token", &token);
            client.post(path, json!({})).await.expect(401);
        }
    }
    auth.refresh(&token).await;
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let (auth, id, token) = signed_in().await;
    let parts: Vec<&str> = token.split('.').collect();
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let mut promoted = claims(&token);
    promoted["role"] = json!("super_admin");
    let unsigned = format!(
        "{}.{}.",
        encode(r#"{"alg":"none","typ":"JWT","kid":"k1"}"#),
        parts[1]
    );
    let shared = format!(
        "{}.{}.{}",
        encode(r#"{"alg":"HS256","kid":"k1"}"#),
        parts[1],
        parts[2]
    );
    let changed = format!(
        "{}.{}.{}",
        parts[0],
        encode(&promoted.to_string()),
        parts[2]
    );
    let seed = SigningKey::generate().unwrap().to_setting();
    let strange: PortalSigner = format!("k1:{seed}").parse().unwrap();
    let now = auth.clock.now();
    let session = PortalSession {
        id: 1,
        user_id: id,
        role: Role::Agent,
        generation: 1,
        started_at: now,
    };
    let other_key = strange
        .sign(&PortalClaims::new(
            &session,
            "0".repeat(32),
            now,
            Duration::HOUR,
        ))
        .unwrap();
    let internal = auth.keys.token(
        &Caller::User {
            id,
            role: Role::Agent,
            session: 1,
        },
        "auth",
    );
    for forged in [
        unsigned,
        shared,
        changed,
        other_key,
        internal,
        "nonsense".into(),
        "a.b.c".into(),
        format!("Bearer {token}"),
    ] {
        for path in PATHS {
            auth.present(path, &forged).await.expect(401);
        }
    }
    auth.refresh(&token).await;
}

#[tokio::test]
async fn keys_rotate_without_signing_anybody_out() {
    let (auth, _, old) = signed_in().await;
    let seed = SigningKey::generate().unwrap().to_setting();
    let mut app = auth.app.clone();
    app.tokens = tokens(&format!("k2:{seed},k1:{}", auth.seed));
    let after = Desk::new(auth::router(app), auth.keys.clone(), "auth");
    let visitor = after.anonymous().with_header("x-portal-token", &old);
    let answer = visitor.post("/auth/refresh", json!({})).await.expect(200);
    // Who has not rotated yet does not know the new key.
    auth.present("/auth/refresh", answer["access_token"].as_str().unwrap())
        .await
        .expect(401);
    let jwks = after
        .stranger()
        .get("/.well-known/jwks.json")
        .await
        .expect(200);
    assert_eq!(
        (&jwks["keys"][0]["kid"], &jwks["keys"][1]["kid"]),
        (&json!("k2"), &json!("k1"))
    );
}

#[tokio::test]
async fn the_public_keys_are_published() {
    let auth = Auth::start().await;
    let jwks = auth
        .desk
        .stranger()
        .get("/.well-known/jwks.json")
        .await
        .expect(200);
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 1);
    let key = &jwks["keys"][0];
    assert_eq!(fields(key), ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!((&key["kid"], &key["alg"]), (&json!("k1"), &json!("EdDSA")));
}
