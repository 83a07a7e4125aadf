//! Every writing route of the API document leaves a trail: an activity of the ticket, or a row of
//! the audit, that names the actor and each changed field with what it was and what it is.

mod administration;
mod configuration;
mod tickets;

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
    tickets::tickets(&mut walk, &desk).await;
    tickets::by_key(&mut walk, &desk.shop).await;
    for thing in configuration::things(desk.project) {
        walk.configured(&desk.admin, &thing).await;
    }
    administration::projects(&mut walk, &desk).await;
    administration::users(&mut walk, &desk.admin).await;
    administration::profile(&mut walk, &desk.agent).await;

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
