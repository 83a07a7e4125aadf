//! What cannot be taken is a clear 4xx in the envelope, and nothing half-written.

use axum::{body::Body, http::Method};
use desk_identity::Role;
use serde_json::{Value, json};

use crate::desk::{Auth, PASSWORD, bad_fields};

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(1024 * 1024));
    for (client, verb, path) in [
        (
            auth.desk.anonymous(),
            Method::POST,
            "/auth/login".to_owned(),
        ),
        (
            auth.desk.anonymous(),
            Method::POST,
            "/auth/register".to_owned(),
        ),
        (
            auth.desk.user(id, Role::Agent),
            Method::PUT,
            "/auth/profile".to_owned(),
        ),
        (auth.admin(), Method::POST, "/admin/users".to_owned()),
        (auth.admin(), Method::PATCH, format!("/admin/users/{id}")),
    ] {
        let json = client
            .clone()
            .with_header("content-type", "application/json");
        for (client, body, expected) in [
            (&json, "{\"a\":", 400),
            (&json, "\"text\"", 422),
            (&json, "[1]", 422),
            (&client, "name=x", 415),
            (&json, huge.as_str(), 413),
        ] {
            let answer = client
                .send(verb.clone(), &path, Body::from(body.to_owned()))
                .await;
            assert!(
                answer.body["error"].is_string(),
                "{verb} {path}: {}",
                answer.body
            );
            assert_eq!(
                answer.status.as_u16(),
                expected,
                "{verb} {path}: {}",
                answer.body
            );
        }
    }
    assert_eq!(auth.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn wrong_types_are_all_named_at_once() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let wrong = json!({"name": 5, "email": ["x"], "password": {}, "role": 7, "department": true, "phone": 12});
    let answer = auth.admin().post("/admin/users", wrong.clone()).await;
    assert_eq!(
        bad_fields(answer),
        ["department", "email", "name", "password", "phone", "role"]
    );
    let mut wrong_update = wrong;
    wrong_update["is_active"] = json!("yes");
    wrong_update["active"] = json!(2);
    let answer = auth
        .admin()
        .put(&format!("/admin/users/{id}"), wrong_update)
        .await;
    assert_eq!(
        bad_fields(answer),
        [
            "active",
            "department",
            "email",
            "is_active",
            "name",
            "phone",
            "role"
        ]
    );
    let answer = auth
        .desk
        .anonymous()
        .post("/auth/login", json!({"email": 1, "password": 2}))
        .await;
    assert_eq!(bad_fields(answer), ["email", "password"]);
    let answer = auth
        .desk
        .user(id, Role::Agent)
        .put("/auth/profile", json!({"name": [], "phone": {}}))
        .await;
    assert_eq!(bad_fields(answer), ["name", "phone"]);
    assert_eq!(auth.said(id).await, ["user.created"]);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let auth = Auth::start().await;
    for body in [
        json!({}),
        json!([]),
        json!({"name": " ", "email": "", "password": null, "role": null}),
    ] {
        let answer = auth.admin().post("/admin/users", body).await.expect(422);
        for field in ["name", "email", "password", "role"] {
            let message = format!("The {field} field is required.");
            assert_eq!(answer["details"][field], json!([message]));
        }
    }
    let answer = auth
        .desk
        .anonymous()
        .post("/auth/login", json!({"email": "a@b.co", "password": ""}))
        .await;
    assert_eq!(bad_fields(answer), ["password"]);
}

#[tokio::test]
async fn nul_is_refused_everywhere() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let nul = json!({"name": "a\u{0}b", "email": "a\u{0}@b.co", "password": "pass\u{0}word", "role": "agent", "phone": "\u{0}"});
    let answer = auth.admin().post("/admin/users", nul.clone()).await;
    assert_eq!(bad_fields(answer), ["email", "name", "password", "phone"]);
    let answer = auth
        .admin()
        .put(
            &format!("/admin/users/{id}"),
            json!({"department": "\u{0}"}),
        )
        .await;
    assert_eq!(bad_fields(answer), ["department"]);
    auth.desk
        .anonymous()
        .post("/auth/login", nul.clone())
        .await
        .expect(422);
    auth.desk
        .anonymous()
        .post("/auth/register", nul)
        .await
        .expect(422);
}

#[tokio::test]
async fn what_is_too_long_or_no_address_is_named() {
    let auth = Auth::start().await;
    let long = |count: usize| "x".repeat(count);
    let body = json!({"name": long(256), "email": format!("{}@b.co", long(260)), "password": long(1001), "role": "boss", "department": long(256), "phone": long(51)});
    let answer = auth.admin().post("/admin/users", body).await;
    assert_eq!(
        bad_fields(answer),
        ["department", "email", "name", "password", "phone", "role"]
    );
    for email in ["no", "a@", "@b.co", "a b@c.de", "a@b@c"] {
        let body = json!({"email": email, "password": PASSWORD});
        assert_eq!(
            bad_fields(auth.desk.anonymous().post("/auth/login", body).await),
            ["email"],
            "{email}"
        );
    }
    let fits = json!({"name": long(255), "email": "fits@desk.test", "password": "ü".repeat(1000), "role": "agent", "phone": long(50)});
    auth.admin().post("/admin/users", fits).await.expect(201);
}

#[tokio::test]
async fn ids_that_name_nothing_are_not_found() {
    let auth = Auth::start().await;
    for id in [
        "0",
        "-1",
        "x",
        "1.5",
        "99999999999999999999",
        "1%00",
        "9223372036854775807",
    ] {
        let path = format!("/admin/users/{id}");
        for answer in [
            auth.admin().get(&path).await,
            auth.admin().delete(&path).await,
            auth.admin().put(&path, json!({})).await,
        ] {
            assert_eq!(answer.expect(404), json!({"error": "Not found."}), "{id}");
        }
        auth.desk
            .service("ticket")
            .get(&format!("/internal/users/{id}"))
            .await
            .expect(404);
    }
}

#[tokio::test]
async fn a_bad_body_comes_before_an_unknown_id() {
    let auth = Auth::start().await;
    let answer = auth
        .admin()
        .put("/admin/users/404404", json!({"role": "boss"}))
        .await;
    assert_eq!(bad_fields(answer), ["role"]);
}

#[tokio::test]
async fn other_methods_and_paths_come_in_the_envelope() {
    let auth = Auth::start().await;
    auth.desk.anonymous().get("/auth/login").await.expect(405);
    auth.admin()
        .post("/admin/users/1", json!({}))
        .await
        .expect(405);
    let answer: Value = auth.admin().get("/admin/user").await.expect(404);
    assert_eq!(answer, json!({"error": "Not found."}));
}

#[tokio::test]
async fn strange_text_is_text() {
    let auth = Auth::start().await;
    let name = "Robert'); drop table users;-- \u{202e} 🦀 <script>";
    let body =
        json!({"name": name, "email": "bobby@desk.test", "password": PASSWORD, "role": "customer"});
    let user = auth.admin().post("/admin/users", body).await.expect(201);
    assert_eq!(user["user"]["name"], name);
    let found = auth
        .admin()
        .get("/admin/users?search=%27)%3B%20drop")
        .await
        .expect(200);
    assert_eq!(found["total"], 1);
}
