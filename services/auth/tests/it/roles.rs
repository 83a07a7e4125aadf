//! Who may call what: 401, then 403, before anything is read.

use axum::{body::Body, http::Method};
use desk_identity::Role;
use serde_json::json;

use crate::desk::Auth;

/// Endpoints of the capability "Manage users".
const ADMINS: [(&str, &str); 9] = [
    ("GET", "/admin/audit"),
    ("GET", "/admin/users"),
    ("POST", "/admin/users"),
    ("GET", "/admin/users/404404"),
    ("PUT", "/admin/users/404404"),
    ("PATCH", "/admin/users/404404"),
    ("DELETE", "/admin/users/404404"),
    ("POST", "/admin/users/404404/erase"),
    ("GET", "/admin/users/404404/export"),
];
/// Endpoints of anybody who is signed in.
const EVERYONE: [(&str, &str); 4] = [
    ("POST", "/auth/verify-email"),
    ("GET", "/auth/me"),
    ("PUT", "/auth/profile"),
    ("PATCH", "/auth/profile"),
];
/// Endpoints of services.
const SERVICES: [(&str, &str); 3] = [
    ("GET", "/internal/users"),
    ("GET", "/internal/users/1"),
    ("GET", "/internal/revocations"),
];

fn method(name: &str) -> Method {
    name.parse().unwrap()
}

#[tokio::test]
async fn users_are_managed_by_admins_alone() {
    let auth = Auth::start().await;
    for (verb, path) in ADMINS {
        for role in Role::ALL {
            let answer = auth
                .desk
                .user(7, role)
                .send(method(verb), path, Body::empty())
                .await;
            assert_eq!(
                answer.status != 403,
                role.is_admin(),
                "{verb} {path} {role}: {}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn a_role_is_refused_before_its_body_is_read() {
    let auth = Auth::start().await;
    for role in [Role::Agent, Role::Customer] {
        let client = auth.desk.user(7, role);
        client.post("/admin/users", json!({})).await.expect(403);
        let broken = client
            .clone()
            .with_header("content-type", "application/json");
        broken
            .send(Method::POST, "/admin/users", Body::from("{"))
            .await
            .expect(403);
        client
            .put("/admin/users/404404", json!({"name": 5}))
            .await
            .expect(403);
    }
}

#[tokio::test]
async fn ones_own_account_is_everyones() {
    let auth = Auth::start().await;
    for role in [Role::Admin, Role::Agent, Role::Customer] {
        let id = auth.person(&format!("{role}@desk.test"), role).await;
        for (verb, path) in EVERYONE {
            let client = auth.desk.user(id, role);
            let answer = client.send(method(verb), path, Body::empty()).await;
            // An empty body changes nothing, but proves no address either.
            let expected = if path == "/auth/verify-email" {
                422
            } else {
                200
            };
            answer.expect(expected);
        }
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_gets_a_401() {
    let auth = Auth::start().await;
    for (verb, path) in ADMINS.iter().chain(&EVERYONE) {
        for client in [
            auth.desk.stranger(),
            auth.desk.anonymous(),
            auth.desk.key(1, 1),
            auth.desk.service("ticket"),
        ] {
            client
                .send(method(verb), path, Body::empty())
                .await
                .expect(401);
        }
    }
}

#[tokio::test]
async fn internal_endpoints_are_for_services_alone() {
    let auth = Auth::start().await;
    for (verb, path) in SERVICES {
        let others = [
            auth.desk.stranger(),
            auth.desk.anonymous(),
            auth.desk.key(1, 1),
            auth.super_admin(),
        ];
        for client in others {
            client
                .send(method(verb), path, Body::empty())
                .await
                .expect(401);
        }
    }
}

#[tokio::test]
async fn visitors_come_through_the_gateway_alone() {
    let auth = Auth::start().await;
    for path in ["/auth/login", "/auth/register"] {
        for client in [
            auth.desk.stranger(),
            auth.desk.key(1, 1),
            auth.desk.service("ticket"),
        ] {
            client.post(path, json!({})).await.expect(401);
        }
        auth.desk
            .anonymous()
            .post(path, json!({}))
            .await
            .expect(422);
        auth.desk
            .user(7, Role::Agent)
            .post(path, json!({}))
            .await
            .expect(422);
    }
}
