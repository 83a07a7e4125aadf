//! `PUT` and `PATCH /auth/profile`.

use desk_identity::Role;
use serde_json::{Value, json};

use crate::desk::{Auth, PASSWORD, bad_fields};

const NEW: &str = "another password";

fn new_password() -> Value {
    json!({"password": NEW, "password_confirmation": NEW})
}

#[tokio::test]
async fn absent_stays_null_clears_and_both_methods_do_the_same() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let alice = auth.desk.user(id, Role::Agent);
    let user = alice
        .put("/auth/profile", json!({"name": " Alice ", "phone": "1"}))
        .await
        .expect(200);
    assert_eq!(
        (&user["user"]["name"], &user["user"]["phone"]),
        (&json!("Alice"), &json!("1"))
    );
    assert_eq!(user["user"]["projects"], json!([]));
    let user = alice
        .patch("/auth/profile", json!({"phone": null}))
        .await
        .expect(200);
    assert_eq!(
        (&user["user"]["name"], &user["user"]["phone"]),
        (&json!("Alice"), &json!(null))
    );
    let user = alice.put("/auth/profile", json!({})).await.expect(200);
    assert_eq!(user["user"]["name"], "Alice");
}

#[tokio::test]
async fn only_what_others_copy_is_told() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let alice = auth.desk.user(id, Role::Agent);
    alice
        .put("/auth/profile", json!({"phone": "1"}))
        .await
        .expect(200);
    alice.put("/auth/profile", new_password()).await.expect(200);
    alice
        .put("/auth/profile", json!({"name": "Some One"}))
        .await
        .expect(200);
    assert_eq!(auth.said(id).await, ["user.created"]);
    alice
        .put("/auth/profile", json!({"name": "Alice"}))
        .await
        .expect(200);
    let events = auth.events(id).await;
    assert_eq!((events[1].0.as_str(), events[1].1), ("user.updated", 2));
    assert_eq!(events[1].2["name"], "Alice");
}

#[tokio::test]
async fn a_change_of_ones_own_account_is_in_the_audit() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let alice = auth.desk.user(id, Role::Agent);
    let change = json!({"name": "Alice", "phone": "1"});
    // The second time nothing differs, and nothing is noted.
    for _ in 0..2 {
        let put = alice.put("/auth/profile", change.clone()).await;
        put.expect(200);
    }
    alice.put("/auth/profile", new_password()).await.expect(200);

    let path = format!("/admin/audit?target=user:{id}&actor={id}");
    let page = auth.admin().get(&path).await.expect(200);
    assert_eq!(page["total"], 2, "{page}");
    let (password, fields) = (&page["data"][0], &page["data"][1]);
    assert_eq!(password["action"], "user.password_changed");
    assert_eq!(password["changes"], json!([]));
    assert_eq!(fields["action"], "user.updated");
    assert_eq!(
        fields["changes"],
        json!([
            {"field": "name", "from": "Some One", "to": "Alice"},
            {"field": "phone", "from": null, "to": "1"},
        ])
    );
    assert!(fields["address"].is_string());
    assert!(!page.to_string().contains(NEW));
}

#[tokio::test]
async fn one_gives_oneself_neither_role_nor_address() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Customer).await;
    let bob = auth.person("bob@desk.test", Role::Customer).await;
    let body = json!({"id": bob, "user_id": bob, "role": "admin", "email": "x@y.co", "is_active": false, "department": "Board", "name": "Alice"});
    let user = auth
        .desk
        .user(id, Role::Customer)
        .put("/auth/profile", body)
        .await
        .expect(200);
    assert_eq!(user["user"]["role"], "customer");
    assert_eq!(user["user"]["email"], "alice@desk.test");
    assert_eq!(user["user"]["department"], json!(null));
    assert_eq!(auth.said(bob).await, ["user.created"]);
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_not_this_one() {
    let auth = Auth::start().await;
    auth.person("alice@desk.test", Role::Agent).await;
    auth.person("bob@desk.test", Role::Agent).await;
    let here = auth.login("alice@desk.test").await;
    let there = auth.login("alice@desk.test").await;
    let bobs = auth.login("bob@desk.test").await;
    auth.as_holder(&here)
        .put("/auth/profile", new_password())
        .await
        .expect(200);

    assert!(auth.is_revoked(&there).await);
    auth.present("/auth/refresh", &there).await.expect(401);
    for token in [&here, &bobs] {
        assert!(!auth.is_revoked(token).await);
        let new = auth.refresh(token).await;
        assert!(!auth.is_revoked(&new).await);
    }
    auth.try_login("alice@desk.test", PASSWORD)
        .await
        .expect(401);
    let fresh = auth.try_login("alice@desk.test", NEW).await.expect(200);
    assert!(
        !auth
            .is_revoked(fresh["access_token"].as_str().unwrap())
            .await
    );
}

#[tokio::test]
async fn a_session_exempt_from_one_revocation_is_hit_by_the_next() {
    let auth = Auth::start().await;
    auth.person("alice@desk.test", Role::Agent).await;
    let (one, two) = (
        auth.login("alice@desk.test").await,
        auth.login("alice@desk.test").await,
    );
    auth.as_holder(&one)
        .put("/auth/profile", new_password())
        .await
        .expect(200);
    let three = auth.try_login("alice@desk.test", NEW).await.expect(200);
    let three = three["access_token"].as_str().unwrap();
    auth.as_holder(three)
        .put("/auth/profile", new_password())
        .await
        .expect(200);
    assert!(auth.is_revoked(&one).await && auth.is_revoked(&two).await);
    assert!(!auth.is_revoked(three).await);
}

#[tokio::test]
async fn a_password_needs_its_confirmation() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let alice = auth.desk.user(id, Role::Agent);
    for (body, bad) in [
        (json!({"password": NEW}), vec!["password_confirmation"]),
        (
            json!({"password": NEW, "password_confirmation": "other"}),
            vec!["password_confirmation"],
        ),
        (
            json!({"password_confirmation": NEW}),
            vec!["password_confirmation"],
        ),
        (
            json!({"password": "short", "password_confirmation": "short"}),
            vec!["password"],
        ),
        (
            json!({"password": "", "password_confirmation": ""}),
            vec!["password"],
        ),
        (
            json!({"password": null, "name": null}),
            vec!["name", "password"],
        ),
    ] {
        assert_eq!(
            bad_fields(alice.put("/auth/profile", body.clone()).await),
            bad,
            "{body}"
        );
    }
    auth.login("alice@desk.test").await;
}
