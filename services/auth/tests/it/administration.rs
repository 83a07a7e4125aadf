//! Creating, changing and deleting accounts (contract, Users).

use desk_identity::Role;
use serde_json::{Value, json};

use crate::desk::{Auth, PASSWORD, bad_fields, fields, id_of};

fn account(role: &str) -> Value {
    json!({"name": "Alice Okafor", "email": "Alice@Desk.test", "password": PASSWORD, "role": role, "department": "Homes", "phone": "+234 1"})
}

#[tokio::test]
async fn an_admin_makes_admins_agents_and_customers_that_count_as_verified() {
    let auth = Auth::start().await;
    for (number, role) in ["admin", "agent", "customer"].iter().enumerate() {
        let mut body = account(role);
        body["email"] = json!(format!("A{number}@Desk.test"));
        let answer = auth.admin().post("/admin/users", body).await.expect(201);
        let user = &answer["user"];
        assert_eq!(
            fields(user),
            [
                "created_at",
                "department",
                "email",
                "email_verified_at",
                "id",
                "is_active",
                "last_login_at",
                "name",
                "phone",
                "projects",
                "role"
            ]
        );
        assert_eq!(user["role"], *role);
        assert_eq!(user["email"], format!("a{number}@desk.test"));
        assert_eq!(
            (&user["is_active"], &user["department"]),
            (&json!(true), &json!("Homes"))
        );
        assert!(user["email_verified_at"].is_string());
        let events = auth.events(id_of(&answer)).await;
        assert_eq!((events[0].0.as_str(), events[0].1), ("user.created", 1));
        assert!(events[0].2["email_verified_at"].is_string());
        auth.login(&format!("a{number}@desk.test")).await;
    }
}

#[tokio::test]
async fn an_address_has_one_account_in_any_case() {
    let auth = Auth::start().await;
    auth.person("alice@desk.test", Role::Agent).await;
    let bob = auth.person("bob@desk.test", Role::Agent).await;
    assert_eq!(
        bad_fields(auth.admin().post("/admin/users", account("agent")).await),
        ["email"]
    );
    let answer = auth
        .admin()
        .put(
            &format!("/admin/users/{bob}"),
            json!({"email": "ALICE@desk.test"}),
        )
        .await;
    assert_eq!(bad_fields(answer), ["email"]);
    assert_eq!(auth.said(bob).await, ["user.created"]);
}

#[tokio::test]
async fn an_update_changes_what_it_names() {
    let auth = Auth::start().await;
    let id = id_of(
        &auth
            .admin()
            .post("/admin/users", account("agent"))
            .await
            .expect(201),
    );
    let path = format!("/admin/users/{id}");
    let user = auth
        .admin()
        .patch(&path, json!({"name": "Alice", "phone": null}))
        .await
        .expect(200);
    assert_eq!(
        (&user["user"]["name"], &user["user"]["phone"]),
        (&json!("Alice"), &json!(null))
    );
    assert_eq!(user["user"]["department"], "Homes");
    let user = auth
        .admin()
        .put(&path, json!({"department": ""}))
        .await
        .expect(200);
    assert_eq!(user["user"]["department"], json!(null));
    let shown = auth.admin().get(&path).await.expect(200);
    assert_eq!(shown, user);
    assert_eq!(auth.said(id).await, ["user.created", "user.updated"]);
}

#[tokio::test]
async fn an_update_that_changes_nothing_writes_nothing() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let before = auth.count("select count(*) from audit").await;
    let same = json!({"name": "Some One", "email": "ALICE@desk.test", "role": "agent", "is_active": true, "phone": null});
    for body in [same, json!({}), json!([])] {
        auth.admin()
            .put(&format!("/admin/users/{id}"), body)
            .await
            .expect(200);
    }
    assert_eq!(auth.said(id).await, ["user.created"]);
    assert_eq!(auth.count("select count(*) from audit").await, before);
    assert_eq!(auth.count("select count(*) from revocations").await, 0);
}

#[tokio::test]
async fn a_changed_address_is_not_verified_another_case_of_it_is() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let path = format!("/admin/users/{id}");
    let user = auth
        .admin()
        .put(&path, json!({"email": "Alice@DESK.test"}))
        .await
        .expect(200);
    assert!(user["user"]["email_verified_at"].is_string());
    let user = auth
        .admin()
        .put(&path, json!({"email": "Okafor@desk.test"}))
        .await
        .expect(200);
    assert_eq!(user["user"]["email"], "okafor@desk.test");
    assert_eq!(user["user"]["email_verified_at"], json!(null));
    let (kind, sequence, state) = auth.events(id).await.pop().unwrap();
    assert_eq!((kind.as_str(), sequence), ("user.updated", 2));
    assert_eq!(state["email_verified_at"], json!(null));
}

#[tokio::test]
async fn an_update_never_sets_a_password() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let body = json!({"password": "another password", "password_confirmation": "another password"});
    auth.admin()
        .put(&format!("/admin/users/{id}"), body)
        .await
        .expect(200);
    auth.login("alice@desk.test").await;
}

#[tokio::test]
async fn active_is_another_word_for_is_active() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let path = format!("/admin/users/{id}");
    for (body, active) in [
        (json!({"active": false}), false),
        (json!({"active": true}), true),
        (json!({"is_active": false, "active": true}), false),
    ] {
        let user = auth.admin().put(&path, body).await.expect(200);
        assert_eq!(user["user"]["is_active"], active);
    }
}

#[tokio::test]
async fn disabling_ends_the_users_tokens_and_is_told() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let token = auth.login("alice@desk.test").await;
    auth.admin()
        .put(&format!("/admin/users/{id}"), json!({"is_active": false}))
        .await
        .expect(200);
    assert!(auth.is_revoked(&token).await);
    let (kind, _, state) = auth.events(id).await.pop().unwrap();
    assert_eq!(
        (kind.as_str(), &state["is_active"]),
        ("user.updated", &json!(false))
    );
}

#[tokio::test]
async fn a_login_that_races_with_disabling_leaves_no_living_session() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let admin = auth.admin();
    let path = format!("/admin/users/{id}");
    for _ in 0..5 {
        admin
            .put(&path, json!({"is_active": true}))
            .await
            .expect(200);
        let (login, disabled) = tokio::join!(
            auth.try_login("alice@desk.test", PASSWORD),
            admin.put(&path, json!({"is_active": false}))
        );
        disabled.expect(200);
        if login.status == 200 {
            assert!(
                auth.is_revoked(login.body["access_token"].as_str().unwrap())
                    .await
            );
        }
        assert_eq!(
            auth.count("select count(*) from sessions where ended_at is null")
                .await,
            0
        );
    }
}

#[tokio::test]
async fn a_role_change_revokes_tokens_but_leaves_the_session() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let token = auth.login("alice@desk.test").await;
    auth.admin()
        .put(&format!("/admin/users/{id}"), json!({"role": "admin"}))
        .await
        .expect(200);
    assert!(auth.is_revoked(&token).await);
    assert_eq!(
        auth.count("select count(*) from sessions where ended_at is null")
            .await,
        1
    );
}

#[tokio::test]
async fn deleting_is_soft_and_told() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let token = auth.login("alice@desk.test").await;
    let path = format!("/admin/users/{id}");
    let answer = auth.admin().delete(&path).await.expect(200);
    assert_eq!(answer, json!({"message": "User deleted"}));
    assert!(auth.is_revoked(&token).await);
    let (kind, sequence, state) = auth.events(id).await.pop().unwrap();
    assert_eq!(
        (kind.as_str(), sequence, &state["deleted"]),
        ("user.deleted", 2, &json!(true))
    );
    auth.admin().get(&path).await.expect(404);
    auth.admin()
        .put(&path, json!({"name": "x"}))
        .await
        .expect(404);
    auth.admin().delete(&path).await.expect(404);
    assert_eq!(auth.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn what_admins_do_is_audited_with_actor_and_address() {
    let auth = Auth::start().await;
    let admin = auth.admin().from_address("198.51.100.7");
    let id = id_of(
        &admin
            .post("/admin/users", account("agent"))
            .await
            .expect(201),
    );
    let path = format!("/admin/users/{id}");
    let body = json!({"name": "Alice", "phone": null, "role": "customer", "is_active": false});
    admin.put(&path, body).await.expect(200);
    admin
        .put(&path, json!({"is_active": true}))
        .await
        .expect(200);
    admin.delete(&path).await.expect(200);
    admin.delete(&path).await.expect(404);

    let rows: Vec<(String, Option<i64>, i64, String, Value)> = sqlx::query_as(
        "select action, actor_id, target_id, host(address), details from audit order by id",
    )
    .fetch_all(&auth.db)
    .await
    .unwrap();
    for (_, actor, target, address, _) in &rows {
        assert_eq!(
            (*actor, *target, address.as_str()),
            (Some(900_001), id, "198.51.100.7")
        );
    }
    let told: Vec<(&str, &Value)> = rows
        .iter()
        .map(|(action, .., details)| (action.as_str(), details))
        .collect();
    assert_eq!(
        told,
        [
            (
                "user.created",
                &json!({"changes": [
                    {"field": "email", "from": null, "to": "alice@desk.test"},
                    {"field": "role", "from": null, "to": "agent"},
                ]})
            ),
            (
                "user.updated",
                &json!({"changes": [
                    {"field": "name", "from": "Alice Okafor", "to": "Alice"},
                    {"field": "phone", "from": "+234 1", "to": null},
                ]})
            ),
            (
                "user.role_changed",
                &json!({"changes": [{"field": "role", "from": "agent", "to": "customer"}]})
            ),
            (
                "user.disabled",
                &json!({"changes": [{"field": "is_active", "from": true, "to": false}]})
            ),
            (
                "user.enabled",
                &json!({"changes": [{"field": "is_active", "from": false, "to": true}]})
            ),
            (
                "user.deleted",
                &json!({"changes": [
                    {"field": "email", "from": "alice@desk.test", "to": null},
                    {"field": "role", "from": "customer", "to": null},
                ]})
            ),
        ]
    );
}

#[tokio::test]
async fn an_events_request_id_is_the_requests() {
    let auth = Auth::start().await;
    let admin = auth.admin().with_header("x-request-id", "req-7");
    let id = id_of(
        &admin
            .post("/admin/users", account("agent"))
            .await
            .expect(201),
    );
    let traced = format!(
        "select count(*) from outbox where aggregate_id = {id} and request_id = 'req-7' and traceparent is not null"
    );
    assert_eq!(auth.count(&traced).await, 1);
}
