//! Every writing route of the API document leaves a trail: an activity of the ticket, or a row of
//! the audit, that names the actor and each changed field with what it was and what it is.

use std::collections::BTreeSet;

use desk_testkit::{Answer, eventually};
use e2e::{Person, Project, World};
use reqwest::Method;
use serde_json::{Value, json};

/// Routes that change nothing that others share, or what is shared by no word of the answer.
const WITHOUT: &[(&str, &str)] = &[
    ("POST /auth/login", "a session of one's own"),
    ("POST /auth/logout", "a session of one's own"),
    ("POST /auth/logout-all", "sessions of one's own"),
    ("POST /auth/refresh", "a session of one's own"),
    ("POST /auth/register", "an account of one's own"),
    ("POST /auth/forgot-password", "a mail to oneself"),
    (
        "POST /auth/reset-password",
        "needs a mailed link; auth's tests",
    ),
    (
        "POST /auth/verify-email",
        "needs a mailed link; auth's tests",
    ),
    ("PUT /notifications/preferences", "preferences of one's own"),
    (
        "PATCH /notifications/preferences",
        "preferences of one's own",
    ),
    ("POST /admin/reports/rebuild", "the same figures once more"),
];

/// Who acts, as the trail names them.
struct Actor {
    person: Person,
    kind: &'static str,
    id: i64,
}

impl Actor {
    fn user(person: &Person) -> Self {
        Self {
            person: person.clone(),
            kind: "user",
            id: person.id,
        }
    }

    fn key(world: &World, project: &Project) -> Self {
        Self {
            person: world.key(&project.key),
            kind: "key",
            id: project.key_id,
        }
    }

    fn is_named_by(&self, entry: &Value) -> bool {
        entry["actor"]["type"] == self.kind && entry["actor"]["id"] == self.id
    }
}

/// A change as a trail tells it.
fn change(field: &str, from: impl Into<Value>, to: impl Into<Value>) -> Value {
    json!({"field": field, "from": from.into(), "to": to.into()})
}

/// Does one entry by the actor tell all these changes?
fn tells(entries: &[Value], by: &Actor, changes: &[Value]) -> bool {
    entries.iter().any(|entry| {
        let told = entry["changes"].as_array().unwrap();
        by.is_named_by(entry) && changes.iter().all(|change| told.contains(change))
    })
}

/// The walk through the routes; it notes which it has been to.
struct Walk {
    root: Person,
    walked: BTreeSet<String>,
}

impl Walk {
    async fn call(&mut self, by: &Actor, route: &str, path: &str, body: Value) -> Value {
        let (method, _) = route.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let body = (method != Method::DELETE).then(|| body.to_string());
        let answer: Answer = by.person.send(method, path, body).await;
        assert!(answer.status.is_success(), "{route}: {}", answer.body);
        self.walked.insert(route.to_owned());
        answer.body
    }

    async fn activities(&self, ticket: i64) -> Vec<Value> {
        let answer = self.root.get(&format!("/tickets/{ticket}")).await;
        let ticket = answer.expect(200)["ticket"].clone();
        ticket["activities"].as_array().unwrap().clone()
    }

    /// Calls a route that changes a ticket.
    async fn on_ticket(
        &mut self,
        by: &Actor,
        (route, path): (&str, &str),
        ticket: i64,
        body: Value,
        changes: &[Value],
    ) -> Value {
        let before = self.activities(ticket).await.len();
        let answer = self.call(by, route, path, body).await;
        let entries = self.activities(ticket).await.split_off(before);
        assert!(tells(&entries, by, changes), "{route}: {entries:?}");
        answer
    }

    /// The id of the message that the actor just wrote is told.
    async fn message_told(&self, by: &Actor, route: &str, ticket: i64, id: &Value) {
        let entries = self.activities(ticket).await;
        let told = tells(
            &entries,
            by,
            &[change("message_id", Value::Null, id.clone())],
        );
        assert!(told, "{route}: {entries:?}");
    }

    /// Waits for the row of the audit that tells these changes.
    async fn audited(&self, by: &Actor, action: &str, target: &str, changes: &[Value]) {
        let path = format!(
            "/admin/audit?action={action}&target={target}&actor={}",
            by.id
        );
        eventually(async || {
            let rows = self.root.get(&path).await.expect(200)["data"].clone();
            let rows = rows.as_array().unwrap();
            let dated = rows
                .iter()
                .all(|row| row["at"].is_string() && row["address"] == "127.0.0.1");
            assert!(dated, "{rows:?}");
            tells(rows, by, changes)
        })
        .await;
    }

    /// Calls a route that administers something whose id is known.
    async fn on_target(
        &mut self,
        by: &Actor,
        (route, path): (&str, &str),
        body: Value,
        (action, target): (&str, &str),
        changes: &[Value],
    ) -> Value {
        let answer = self.call(by, route, path, body).await;
        self.audited(by, action, target, changes).await;
        answer
    }

    /// Makes, changes (by both methods) and deletes a named thing of the configuration.
    async fn configured(&mut self, by: &Actor, thing: &Thing) {
        let Thing {
            kind,
            path,
            body,
            field,
        } = thing;
        let answer = self
            .call(by, &format!("POST {path}"), path, body.clone())
            .await;
        let id = &answer[*kind]["id"];
        let (one, route) = (format!("{path}/{id}"), format!("{path}/{{id}}"));
        let target = format!("{kind}:{id}");
        let first = body[*field].clone();
        let made = [change(field, Value::Null, first.clone())];
        self.audited(by, &format!("{kind}.created"), &target, &made)
            .await;
        let mut name = first;
        let methods: &[&str] = if thing.is_changed() {
            &["PUT", "PATCH"]
        } else {
            &[]
        };
        for method in methods {
            let told = [change(field, name, *method)];
            name = json!(method);
            let call = (format!("{method} {route}"), format!("{kind}.updated"));
            let call = (
                (call.0.as_str(), one.as_str()),
                (call.1.as_str(), target.as_str()),
            );
            self.on_target(by, call.0, json!({*field: method}), call.1, &told)
                .await;
        }
        let gone = [change(field, name, Value::Null)];
        let call = (format!("DELETE {route}"), format!("{kind}.deleted"));
        let call = (
            (call.0.as_str(), one.as_str()),
            (call.1.as_str(), target.as_str()),
        );
        self.on_target(by, call.0, Value::Null, call.1, &gone).await;
    }
}

/// A kind of thing of the configuration, and a new one of it.
struct Thing {
    kind: &'static str,
    path: &'static str,
    body: Value,
    field: &'static str,
}

impl Thing {
    fn is_changed(&self) -> bool {
        self.kind != "tag"
    }
}

fn things(project: i64) -> [Thing; 5] {
    let hours = json!({"mon": [["09:00", "17:00"]]});
    [
        Thing {
            kind: "category",
            path: "/categories",
            body: json!({"name": "Uploads"}),
            field: "name",
        },
        Thing {
            kind: "tag",
            path: "/tags",
            body: json!({"name": "Uploads"}),
            field: "name",
        },
        Thing {
            kind: "canned_response",
            path: "/canned-responses",
            body: json!({"title": "Uploads", "body": "Hello", "is_shared": true}),
            field: "title",
        },
        Thing {
            kind: "sla_policy",
            path: "/admin/sla",
            body: json!({
                "name": "Own", "priority": "low", "project_id": project,
                "first_response_minutes": 1, "resolution_minutes": 2,
            }),
            field: "name",
        },
        Thing {
            kind: "calendar",
            path: "/admin/calendars",
            body: json!({"name": "Office", "timezone": "UTC", "hours": hours}),
            field: "name",
        },
    ]
}

/// People and a project.
struct Desk {
    admin: Actor,
    agent: Actor,
    customer: Actor,
    shop: Actor,
    project: i64,
}

impl Desk {
    async fn start(world: &World, root: &Person) -> Self {
        let project = world.project(root, "NaijaHomes").await;
        let admin = world.person(root, "admin", "admin@desk.test").await;
        let agent = world.person(root, "agent", "agent@desk.test").await;
        let customer = world.person(root, "customer", "customer@desk.test").await;
        world.assign_agent(root, &project, &agent).await;
        Self {
            admin: Actor::user(&admin),
            agent: Actor::user(&agent),
            customer: Actor::user(&customer),
            shop: Actor::key(world, &project),
            project: project.id,
        }
    }
}

async fn tickets(walk: &mut Walk, desk: &Desk) {
    let Desk {
        admin,
        agent,
        customer,
        ..
    } = desk;
    let body = json!({"project_id": desk.project, "subject": "Help", "description": "Please."});
    let filed = walk.call(customer, "POST /tickets", "/tickets", body).await;
    let id = filed["ticket"]["id"].as_i64().unwrap();
    let opened = [change("status", Value::Null, "open")];
    assert!(tells(&walk.activities(id).await, customer, &opened));
    let path = format!("/tickets/{id}");
    eventually(async || agent.person.get(&path).await.status == 200).await;

    let route = ("PUT /tickets/{id}", path.as_str());
    let told = [
        change("subject", "Help", "New"),
        change("priority", "medium", "high"),
        change("category_id", Value::Null, 2),
        change("tags", json!([]), json!([1])),
    ];
    let body = json!({"subject": "New", "priority": "high", "category_id": 2, "tags": [1]});
    walk.on_ticket(agent, route, id, body, &told).await;
    let route = ("PATCH /tickets/{id}", path.as_str());
    let told = [change("description", "Please.", "Now.")];
    walk.on_ticket(agent, route, id, json!({"description": "Now."}), &told)
        .await;
    let assign = format!("{path}/assign");
    let route = ("PATCH /tickets/{id}/assign", assign.as_str());
    let told = [change("assigned_to", Value::Null, agent.id)];
    walk.on_ticket(admin, route, id, json!({"user_id": agent.id}), &told)
        .await;
    assert!(tells(
        &walk.activities(id).await,
        admin,
        &[change("status", "open", "in_progress")]
    ));
    let route = ("PUT /tickets/{id}/assign", assign.as_str());
    let told = [change("assigned_to", agent.id, Value::Null)];
    walk.on_ticket(agent, route, id, json!({"user_id": null}), &told)
        .await;
    let status = format!("{path}/status");
    let route = ("PUT /tickets/{id}/status", status.as_str());
    let told = [change("status", "in_progress", "pending_customer")];
    let body = json!({"status": "pending_customer"});
    walk.on_ticket(agent, route, id, body, &told).await;
    let messages = format!("{path}/messages");
    let route = ("POST /tickets/{id}/messages", messages.as_str());
    for (by, body) in [
        (agent, json!({"body": "note", "type": "note"})),
        (agent, json!({"body": "reply"})),
        (customer, json!({"body": "reply"})),
    ] {
        let said = walk.on_ticket(by, route, id, body, &[]).await;
        walk.message_told(by, route.0, id, &said["message"]["id"])
            .await;
    }
    let route = ("PATCH /tickets/{id}/status", status.as_str());
    let told = [change("status", "open", "resolved")];
    walk.on_ticket(agent, route, id, json!({"status": "resolved"}), &told)
        .await;
    let rating = format!("{path}/rating");
    let route = ("POST /tickets/{id}/rating", rating.as_str());
    let told = [change("rating", Value::Null, 5)];
    walk.on_ticket(customer, route, id, json!({"score": 5}), &told)
        .await;
    let watch = format!("{path}/watch");
    let route = ("POST /tickets/{id}/watch", watch.as_str());
    let told = [change("watching", false, true)];
    walk.on_ticket(agent, route, id, json!({}), &told).await;

    walk.call(admin, "DELETE /tickets/{id}", &path, Value::Null)
        .await;
    let restore = format!("/admin{path}/restore");
    let route = "POST /admin/tickets/{id}/restore";
    walk.call(admin, route, &restore, json!({})).await;
    let entries = walk.activities(id).await;
    for told in [
        change("deleted", false, true),
        change("deleted", true, false),
    ] {
        assert!(tells(&entries, admin, &[told]), "{entries:?}");
    }
    // The customer's part tells of no note.
    let seen = customer.person.get(&path).await.expect(200)["ticket"]["activities"].clone();
    let kinds: Vec<&Value> = seen
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["type"])
        .collect();
    assert!(kinds.contains(&&json!("reply_added")) && !kinds.contains(&&json!("note_added")));
}

async fn by_key(walk: &mut Walk, shop: &Actor) {
    let body = json!({
        "customer_name": "V", "customer_email": "v@example.com",
        "subject": "Help", "description": "Please.",
    });
    let path = "/external/tickets";
    let filed = walk.call(shop, "POST /external/tickets", path, body).await;
    let id = filed["ticket_id"].as_i64().unwrap();
    let opened = [change("status", Value::Null, "open")];
    assert!(tells(&walk.activities(id).await, shop, &opened));
    let path = format!("{path}/{}", filed["ticket_number"].as_str().unwrap());
    let reply = format!("{path}/reply");
    let route = (
        "POST /external/tickets/{ticket_number}/reply",
        reply.as_str(),
    );
    let body = json!({"body": "x", "customer_email": "v@example.com"});
    let said = walk.on_ticket(shop, route, id, body, &[]).await;
    walk.message_told(shop, route.0, id, &said["message_id"])
        .await;
    let close = format!("{path}/close");
    let route = (
        "POST /external/tickets/{ticket_number}/close",
        close.as_str(),
    );
    let body = json!({"customer_email": "v@example.com"});
    let told = [change("status", "open", "closed")];
    walk.on_ticket(shop, route, id, body, &told).await;
}

async fn projects(walk: &mut Walk, desk: &Desk) {
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

async fn users(walk: &mut Walk, admin: &Actor) {
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

async fn profile(walk: &mut Walk, by: &Actor) {
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

/// Every operation of the document that may write.
fn writing(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api").unwrap_or(path);
        for method in item.as_object().unwrap().keys() {
            if ["post", "put", "patch", "delete"].contains(&method.as_str()) {
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    found
}

#[tokio::test]
async fn every_writing_route_leaves_a_trail() {
    let world = World::start("trail").await;
    let root = world.super_admin().await;
    let desk = Desk::start(&world, &root).await;
    let mut walk = Walk {
        root,
        walked: BTreeSet::new(),
    };
    tickets(&mut walk, &desk).await;
    by_key(&mut walk, &desk.shop).await;
    for thing in things(desk.project) {
        walk.configured(&desk.admin, &thing).await;
    }
    projects(&mut walk, &desk).await;
    users(&mut walk, &desk.admin).await;
    profile(&mut walk, &desk.agent).await;

    let document = world.stranger().get("/openapi.json").await.expect(200);
    let writing = writing(&document);
    let excused = |route: &&String| WITHOUT.iter().any(|(known, _)| *known == route.as_str());
    let unwalked: Vec<&String> = writing
        .difference(&walk.walked)
        .filter(|route| !excused(route))
        .collect();
    assert!(unwalked.is_empty(), "no trail is expected of {unwalked:?}");
    let unknown: Vec<&String> = walk.walked.difference(&writing).collect();
    assert!(unknown.is_empty(), "not in the document: {unknown:?}");
    world.stop().await;
}
