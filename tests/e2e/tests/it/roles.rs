//! The reference's role table, row by row, on every operation of the API document.

use std::collections::{BTreeMap, BTreeSet};

use desk_testkit::identity::{Capability, Grant, Role};
use e2e::{Person, World};
use reqwest::Method;
use serde_json::{Value, json};

/// Operations that every signed-in user has, whatever the role.
const EVERYONE: &[&str] = &[
    "GET /auth/me",
    "PUT /auth/profile",
    "PATCH /auth/profile",
    "POST /auth/verify-email",
    "GET /projects",
    "GET /categories",
    "GET /tags",
    "GET /sla",
    "GET /admin/sla",
    "GET /notifications/preferences",
    "PUT /notifications/preferences",
    "PATCH /notifications/preferences",
];

/// Operations of visitors, and those that read the portal token themselves.
const VISITORS: &[&str] = &[
    "GET /openapi.json",
    "GET /docs",
    "POST /auth/login",
    "POST /auth/register",
    "POST /auth/refresh",
    "POST /auth/logout",
    "POST /auth/logout-all",
    "POST /auth/forgot-password",
    "POST /auth/reset-password",
];

/// Rows whose operations are not part of the desk yet.
const LATER: &[Capability] = &[
    Capability::ManageSlaPolicies,
    Capability::ManageCategories,
    Capability::CannedResponses,
];

/// Rows that a field of the body or the scope decides; see the other tests here.
const BY_FIELD: &[Capability] = &[
    Capability::ViewAllTickets,
    Capability::AddInternalNotes,
    Capability::ChangePriority,
    Capability::CreateStaff,
];

struct Operation {
    method: Method,
    path: String,
    capability: Option<Capability>,
    by_key: bool,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// With ids that nothing has.
    fn target(&self) -> String {
        let mut target = String::new();
        for part in self.path.split('/').skip(1) {
            target.push('/');
            target.push_str(if part.starts_with('{') {
                "999999999"
            } else {
                part
            });
        }
        target
    }

    async fn call(&self, person: &Person) -> u16 {
        let body = (self.method != Method::GET).then(|| "{}".to_owned());
        person
            .send(self.method.clone(), &self.target(), body)
            .await
            .status
            .as_u16()
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let word = operation["x-capability"].as_str();
            let capability = Capability::ALL
                .iter()
                .find(|capability| Some(capability.as_str()) == word);
            assert!(
                word.is_none() || capability.is_some(),
                "{word:?} is no row of the table"
            );
            let by_key = operation["security"].to_string().contains("api_key");
            let path = path.strip_prefix("/api").unwrap_or(path).to_owned();
            found.push(Operation {
                method,
                path,
                capability: capability.copied(),
                by_key,
            });
        }
    }
    found
}

#[tokio::test]
async fn every_operation_obeys_the_role_table() {
    let world = World::start("roles").await;
    let root = world.super_admin().await;
    let mut people = BTreeMap::new();
    for (role, word) in [
        (Role::Admin, "admin"),
        (Role::Agent, "agent"),
        (Role::Customer, "customer"),
    ] {
        people.insert(
            role,
            world
                .person(&root, word, &format!("{word}@desk.test"))
                .await,
        );
    }
    people.insert(Role::SuperAdmin, root);

    let document = world.stranger().get("/openapi.json").await.expect(200);
    let operations = operations(&document);
    assert!(
        operations.len() > 40,
        "only {} operations",
        operations.len()
    );
    let mut rows = BTreeSet::new();
    for operation in &operations {
        let name = operation.name();
        if VISITORS.contains(&name.as_str()) || name.starts_with("GET /.well-known") {
            continue;
        }
        assert_eq!(
            operation.call(&world.stranger()).await,
            401,
            "{name} without a token"
        );
        if operation.by_key {
            for (role, person) in &people {
                assert_eq!(
                    operation.call(person).await,
                    401,
                    "{name} by key, as {role}"
                );
            }
            continue;
        }
        let Some(capability) = operation.capability else {
            assert!(
                EVERYONE.contains(&name.as_str()),
                "{name} names no capability"
            );
            continue;
        };
        rows.insert(capability.as_str());
        for (role, person) in &people {
            let forbidden = capability.grant(*role) == Grant::No;
            let status = operation.call(person).await;
            assert_eq!(status == 403, forbidden, "{name} as {role}: {status}");
            assert!(status != 401 && status < 500, "{name} as {role}: {status}");
        }
    }
    for capability in Capability::ALL {
        let covered = rows.contains(capability.as_str());
        let elsewhere = LATER.contains(capability) || BY_FIELD.contains(capability);
        assert!(
            covered || elsewhere,
            "no operation has the capability {}",
            capability.as_str()
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn fields_have_roles_too() {
    let world = World::start("fields").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let admin = world.person(&root, "admin", "admin@desk.test").await;
    let agent = world.person(&root, "agent", "agent@desk.test").await;
    let customer = world.person(&root, "customer", "customer@desk.test").await;
    world.assign_agent(&root, &project, &agent).await;
    let ticket = json!({"project_id": project.id, "subject": "Help", "description": "Please."});
    let filed = customer.post("/tickets", ticket).await.expect(201);
    let path = format!("/tickets/{}", filed["ticket"]["id"]);

    let note = json!({"body": "Between us.", "type": "note"});
    let raise = json!({"priority": "high"});
    for (person, allowed) in [
        (&root, true),
        (&admin, true),
        (&agent, true),
        (&customer, false),
    ] {
        let expected = |good: u16| if allowed { good } else { 403 };
        let noted = person.post(&format!("{path}/messages"), note.clone()).await;
        assert_eq!(
            noted.status.as_u16(),
            expected(201),
            "note by {}",
            person.email
        );
        let raised = person.patch(&path, raise.clone()).await;
        assert_eq!(
            raised.status.as_u16(),
            expected(200),
            "priority by {}",
            person.email
        );
    }
    for role in ["agent", "admin"] {
        let account = json!({"name": "New", "email": format!("new-{role}@desk.test"), "password": "password", "role": role});
        for (person, allowed) in [
            (&root, true),
            (&admin, true),
            (&agent, false),
            (&customer, false),
        ] {
            let answer = person.post("/admin/users", account.clone()).await;
            assert_eq!(answer.status == 403, !allowed, "{role} by {}", person.email);
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn a_view_is_as_wide_as_the_role() {
    let world = World::start("views").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let admin = world.person(&root, "admin", "admin@desk.test").await;
    let agent = world.person(&root, "agent", "agent@desk.test").await;
    let stray = world.person(&root, "agent", "stray@desk.test").await;
    let customer = world.person(&root, "customer", "customer@desk.test").await;
    let other = world.person(&root, "customer", "other@desk.test").await;
    world.assign_agent(&root, &project, &agent).await;
    let ticket = json!({"project_id": project.id, "subject": "Help", "description": "Please."});
    let filed = customer.post("/tickets", ticket).await.expect(201);
    let path = format!("/tickets/{}", filed["ticket"]["id"]);
    for (person, sees) in [
        (&root, true),
        (&admin, true),
        (&agent, true),
        (&stray, false),
        (&customer, true),
        (&other, false),
    ] {
        let who = &person.email;
        let total = person.get("/tickets").await.expect(200)["total"].clone();
        assert_eq!(total, json!(i64::from(sees)), "{who}");
        let status = person.get(&path).await.status.as_u16();
        assert_eq!(status, if sees { 200 } else { 404 }, "{who}");
    }
    world.stop().await;
}
