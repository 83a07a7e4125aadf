//! `POST /auth/login`.

use auth::Passwords;
use desk_identity::Role;
use serde_json::json;

use crate::desk::{Auth, PASSWORD, ROOMY, claims, fields};

#[tokio::test]
async fn a_login_answers_a_token_and_who_it_is() {
    let auth = Auth::start().await;
    let id = auth.person("Alice@Desk.test", Role::Agent).await;
    let answer = auth
        .try_login("alice@desk.test", PASSWORD)
        .await
        .expect(200);
    assert_eq!(
        fields(&answer),
        ["access_token", "expires_in", "token_type", "user"]
    );
    assert_eq!(answer["token_type"], "bearer");
    assert_eq!(answer["expires_in"], 3600);
    let user = json!({"id": id, "name": "Some One", "email": "alice@desk.test", "role": "agent"});
    assert_eq!(answer["user"], user);
}

#[tokio::test]
async fn a_token_carries_the_claims_of_the_design() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let claims = claims(&auth.login("alice@desk.test").await);
    assert_eq!(
        fields(&claims),
        [
            "aud", "exp", "gen", "iat", "jti", "role", "sat", "sid", "sub"
        ]
    );
    assert_eq!(claims["sub"], id.to_string());
    assert_eq!(claims["role"], "agent");
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        3600
    );
    assert_eq!(claims["sat"], claims["iat"]);
    assert_eq!(claims["jti"].as_str().unwrap().len(), 32);
}

#[tokio::test]
async fn the_address_counts_in_any_case_and_with_blanks_around() {
    let auth = Auth::start().await;
    auth.person("alice@desk.test", Role::Agent).await;
    auth.try_login(" ALICE@desk.TEST ", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_get_the_same_answer() {
    let auth = Auth::start().await;
    auth.person("alice@desk.test", Role::Agent).await;
    for email in ["alice@desk.test", "nobody@desk.test"] {
        let answer = auth.try_login(email, "wrong password").await;
        assert_eq!(
            answer.expect(401),
            json!({"error": "Invalid credentials"}),
            "{email}"
        );
    }
}

#[tokio::test]
async fn a_disabled_account_is_told_only_after_the_right_password() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    auth.admin()
        .put(&format!("/admin/users/{id}"), json!({"is_active": false}))
        .await
        .expect(200);
    auth.try_login("alice@desk.test", "wrong password")
        .await
        .expect(401);
    auth.try_login("alice@desk.test", PASSWORD)
        .await
        .expect(403);
}

#[tokio::test]
async fn a_deleted_account_is_unknown() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    auth.admin()
        .delete(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    auth.try_login("alice@desk.test", PASSWORD)
        .await
        .expect(401);
}

#[tokio::test]
async fn a_login_is_noted_and_told_to_nobody() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let path = format!("/admin/users/{id}");
    assert_eq!(
        auth.admin().get(&path).await.expect(200)["user"]["last_login_at"],
        json!(null)
    );
    auth.login("alice@desk.test").await;
    let user = auth.admin().get(&path).await.expect(200);
    assert!(user["user"]["last_login_at"].is_string());
    assert_eq!(auth.said(id).await, ["user.created"]);
}

#[tokio::test]
async fn a_password_over_the_limit_is_refused_before_it_is_hashed() {
    let auth = Auth::start().await;
    let body = json!({"email": "a@b.co", "password": "x".repeat(1001)});
    let answer = auth
        .desk
        .anonymous()
        .post("/auth/login", body)
        .await
        .expect(422);
    assert!(answer["details"]["password"].is_array());
}

#[tokio::test]
async fn too_many_at_once_are_told_to_come_back() {
    let passwords = Passwords::new(argon2::Params::new(4096, 3, 1, None).unwrap(), 1, 1).unwrap();
    let auth = Auth::with(ROOMY, passwords).await;
    let logins = (0..8).map(|_| auth.try_login("nobody@desk.test", PASSWORD));
    let answers = futures::future::join_all(logins).await;
    let of = |status: u16| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert!(
        of(401) >= 1 && of(503) >= 1 && of(401) + of(503) == 8,
        "{answers:?}"
    );
    let refused = answers.iter().find(|answer| answer.status == 503).unwrap();
    assert!(refused.headers.contains_key("retry-after"));
}
