//! Projects, accounts, and one's own.

use serde_json::{Value, json};

use super::{Actor, Desk, Walk, change};

pub(super) async fn projects(walk: &mut Walk, desk: &Desk) {
    let (admin, agent) = (&desk.admin, desk.agent.id);
    let base = "/admin/projects";
    let answer = walk
        .call(admin, "POST /admin/projects", base, json!({"name": "Agri"}))
        .await;
    let id = &answer["project"]["id"];
    let (path, target) = (format!("{base}/{id}"), format!("project:{id}"));
    let made = [change("name", Value::Null, "Agri")];
    walk.audited(admin, "project.created", &target, &made).await;
    let updated = ("project.updated", target.as_str());
    let route = ("PUT /admin/projects/{id}", path.as_str());
    let told = [change("name", "Agri", "Market")];
    walk.on_target(admin, route, json!({"name": "Market"}), updated, &told)
        .await;
    let route = ("PATCH /admin/projects/{id}", path.as_str());
    let told = [change("timezone", "UTC", "Africa/Lagos")];
    let body = json!({"timezone": "Africa/Lagos"});
    walk.on_target(admin, route, body, updated, &told).await;

    let place = json!({"user_id": agent, "is_lead": false});
    let agents = format!("{path}/agents");
    let route = ("POST /admin/projects/{id}/agents", agents.as_str());
    let assigned = ("project.agent_assigned", target.as_str());
    let told = [change("agents", Value::Null, place.clone())];
    walk.on_target(admin, route, json!({"user_id": agent}), assigned, &told)
        .await;
    let one = format!("{agents}/{agent}");
    let route = ("DELETE /admin/projects/{id}/agents/{userId}", one.as_str());
    let removed = ("project.agent_removed", target.as_str());
    let told = [change("agents", place, Value::Null)];
    walk.on_target(admin, route, Value::Null, removed, &told)
        .await;

    let keys = format!("{path}/api-keys");
    let route = "POST /admin/projects/{id}/api-keys";
    let pair = walk
        .call(admin, route, &keys, json!({"name": "Shop"}))
        .await;
    let (key, key_target) = (&pair["key_id"], format!("api_key:{}", pair["key_id"]));
    let told = [
        change("name", Value::Null, "Shop"),
        change("project_id", Value::Null, id.clone()),
    ];
    walk.audited(admin, "api_key.created", &key_target, &told)
        .await;
    let one = format!("{keys}/{key}");
    let route = ("DELETE /admin/projects/{id}/api-keys/{keyId}", one.as_str());
    let revoked = ("api_key.revoked", key_target.as_str());
    let told = [change("revoked", false, true)];
    walk.on_target(admin, route, Value::Null, revoked, &told)
        .await;

    let route = ("DELETE /admin/projects/{id}", path.as_str());
    let deleted = ("project.deleted", target.as_str());
    let told = [change("name", "Market", Value::Null)];
    walk.on_target(admin, route, Value::Null, deleted, &told)
        .await;
}

pub(super) async fn users(walk: &mut Walk, admin: &Actor) {
    let base = "/admin/users";
    let body =
        json!({"name": "Ada", "email": "ada@desk.test", "password": "password", "role": "agent"});
    let answer = walk.call(admin, "POST /admin/users", base, body).await;
    let id = &answer["user"]["id"];
    let (path, target) = (format!("{base}/{id}"), format!("user:{id}"));
    let made = [
        change("email", Value::Null, "ada@desk.test"),
        change("role", Value::Null, "agent"),
    ];
    walk.audited(admin, "user.created", &target, &made).await;
    let route = ("PUT /admin/users/{id}", path.as_str());
    let told = [change("name", "Ada", "Ada O.")];
    let updated = ("user.updated", target.as_str());
    walk.on_target(admin, route, json!({"name": "Ada O."}), updated, &told)
        .await;
    let route = ("PATCH /admin/users/{id}", path.as_str());
    let told = [change("role", "agent", "customer")];
    let changed = ("user.role_changed", target.as_str());
    walk.on_target(admin, route, json!({"role": "customer"}), changed, &told)
        .await;
    let route = ("DELETE /admin/users/{id}", path.as_str());
    let told = [change("email", "ada@desk.test", Value::Null)];
    let deleted = ("user.deleted", target.as_str());
    walk.on_target(admin, route, Value::Null, deleted, &told)
        .await;
    // What the trail said of an erased person goes, but not who erased whom.
    let erase = format!("{path}/erase");
    let route = ("POST /admin/users/{id}/erase", erase.as_str());
    let erased = ("user.erased", target.as_str());
    let told = [change("erased", false, true)];
    walk.on_target(admin, route, json!({}), erased, &told).await;
}

pub(super) async fn profile(walk: &mut Walk, by: &Actor) {
    let (path, target) = ("/auth/profile", format!("user:{}", by.id));
    let updated = ("user.updated", target.as_str());
    let told = [change("phone", Value::Null, "1")];
    let route = ("PUT /auth/profile", path);
    walk.on_target(by, route, json!({"phone": "1"}), updated, &told)
        .await;
    let told = [change("phone", "1", "2")];
    let route = ("PATCH /auth/profile", path);
    walk.on_target(by, route, json!({"phone": "2"}), updated, &told)
        .await;
}
