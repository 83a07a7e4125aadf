//! A project that has one of everything, each word of which is a canary.

use std::collections::BTreeMap;

use desk_testkit::{Form, eventually};
use e2e::{Person, Project, World};
use serde_json::{Value, json};

/// A project, its people, and its things.
pub struct Tenant {
    pub project: Project,
    pub agent: Person,
    pub customer: Person,
    pub shop: Person,
    /// The customer's, with a file, a reply and a note.
    pub ticket: i64,
    /// The customer's, rated.
    pub resolved: i64,
    pub deleted: i64,
    /// By key, for the customer.
    pub number: String,
    pub files: Files,
    pub category: i64,
    pub tag: i64,
    pub policy: i64,
    pub calendar: i64,
    /// The agent's: for the project's staff, and for nobody else.
    pub response: i64,
    pub private: i64,
    /// What to look for, by the names in `sightings.txt`.
    pub canaries: BTreeMap<&'static str, String>,
}

pub struct Files {
    pub own: i64,
    pub reply: i64,
    pub note: i64,
    pub deleted: i64,
}

/// The id of what an answer wraps.
pub fn id(answer: &Value, wrapped: &str) -> i64 {
    answer[wrapped]["id"].as_i64().unwrap()
}

fn file(answer: &Value, wrapped: &str) -> i64 {
    answer[wrapped]["attachments"][0]["id"].as_i64().unwrap()
}

impl Tenant {
    pub async fn set(world: &World, root: &Person, mark: &str) -> Self {
        let mut canaries = BTreeMap::new();
        let mut canary = |kind: &'static str| {
            let word = format!("canary-{kind}-{mark}");
            canaries.insert(kind, word.clone());
            word
        };
        let made = json!({
            "name": canary("project-name"), "description": canary("project-description"),
            "settings": {"greeting": canary("project-settings")},
            "support_email": format!("{}@desk.test", canary("support-email")),
        });
        let made = root.post("/admin/projects", made).await.expect(201);
        let project_id = id(&made, "project");
        let keys = format!("/admin/projects/{project_id}/api-keys");
        let pair = json!({"name": canary("key-label")});
        let pair = root.post(&keys, pair).await.expect(201);
        let key = e2e::Key {
            api_key: pair["api_key"].as_str().unwrap().to_owned(),
            api_secret: pair["api_secret"].as_str().unwrap().to_owned(),
        };
        let project = Project {
            id: project_id,
            key_id: pair["key_id"].as_i64().unwrap(),
            key: key.clone(),
        };
        let shop = world.key(&key);
        let agent = json!({
            "name": canary("agent-name"), "email": format!("{}@desk.test", canary("agent-email")),
            "department": canary("department"), "password": "password", "role": "agent",
        });
        let agent = account(world, root, agent).await;
        let customer = json!({
            "name": canary("customer-name"), "password": "password", "role": "customer",
            "email": format!("{}@desk.test", canary("customer-email")),
        });
        let customer = account(world, root, customer).await;
        world.assign_agent(root, &project, &agent).await;

        let make = async |path: &str, wrapped: &str, body: Value| {
            id(&root.post(path, body).await.expect(201), wrapped)
        };
        let category = json!({"name": canary("category")});
        let category = make("/categories", "category", category).await;
        let tag = make("/tags", "tag", json!({"name": canary("tag")})).await;
        let calendar = json!({
            "name": canary("calendar"), "timezone": "UTC", "hours": {"mon": [["09:00", "17:00"]]},
        });
        let calendar = make("/admin/calendars", "calendar", calendar).await;
        let policy = json!({
            "name": canary("policy"), "priority": "low", "project_id": project_id,
            "first_response_minutes": 60, "resolution_minutes": 600,
        });
        let policy = make("/admin/sla", "sla_policy", policy).await;

        let form = Form::default()
            .text("project_id", &project_id.to_string())
            .text("priority", "low")
            .text("subject", &canary("subject"))
            .text("description", &canary("description"))
            .text("metadata", &json!({"plan": canary("metadata")}).to_string());
        let form = form.file(
            "attachments[]",
            &canary("file-name"),
            canary("file-bytes").as_bytes(),
        );
        let filed = customer.post_form("/tickets", form).await.expect(201);
        let ticket = id(&filed, "ticket");
        let path = format!("/tickets/{ticket}");
        eventually(async || agent.get(&path).await.status == 200).await;
        let facts = json!({"category_id": category, "tags": [tag]});
        agent.put(&path, facts).await.expect(200);
        let mine = json!({"user_id": agent.id});
        agent
            .patch(&format!("{path}/assign"), mine)
            .await
            .expect(200);
        let write = async |kind: &str, body: &str, name: &str, bytes: &str| {
            let form = Form::default().text("body", body).text("type", kind);
            let form = form.file("attachments[]", name, bytes.as_bytes());
            let written = agent.post_form(&format!("{path}/messages"), form).await;
            file(&written.expect(201), "message")
        };
        let (reply, note) = (
            write(
                "reply",
                &canary("reply"),
                &canary("reply-file-name"),
                &canary("reply-file-bytes"),
            )
            .await,
            write(
                "note",
                &canary("note"),
                &canary("note-file-name"),
                &canary("note-file-bytes"),
            )
            .await,
        );

        let plain = json!({"project_id": project_id, "subject": "Help", "description": "Please."});
        let rated = customer.post("/tickets", plain).await.expect(201);
        let resolved = id(&rated, "ticket");
        let path = format!("/tickets/{resolved}");
        agent
            .patch(&format!("{path}/status"), json!({"status": "resolved"}))
            .await
            .expect(200);
        let rating = json!({"score": 1, "comment": canary("rating")});
        customer
            .post(&format!("{path}/rating"), rating)
            .await
            .expect(201);

        let form = Form::default()
            .text("project_id", &project_id.to_string())
            .text("subject", &canary("deleted"))
            .text("description", "Please.")
            .file("attachments[]", "deleted.txt", b"deleted");
        let gone = customer.post_form("/tickets", form).await.expect(201);
        let deleted = id(&gone, "ticket");
        root.delete(&format!("/tickets/{deleted}"))
            .await
            .expect(200);

        let by_key = json!({
            "customer_name": "Bought", "customer_email": customer.email, "subject": "Help",
            "description": "Please.", "customer_id": canary("customer-id"),
            "customer_phone": canary("customer-phone"),
        });
        let by_key = shop.post("/external/tickets", by_key).await.expect(201);
        let response = json!({
            "title": canary("shared-response"), "body": "x", "is_shared": true, "project_id": project_id,
        });
        let response = agent.post("/canned-responses", response).await.expect(201);
        let private = json!({"title": canary("private-response"), "body": "x"});
        let private = agent.post("/canned-responses", private).await.expect(201);
        let number = filed["ticket"]["ticket_number"].as_str().unwrap();
        canaries.insert("number", number.to_owned());
        canaries.insert("api-key", key.api_key);
        canaries.insert("api-secret", key.api_secret);
        Self {
            files: Files {
                own: file(&filed, "ticket"),
                reply,
                note,
                deleted: file(&gone, "ticket"),
            },
            number: by_key["ticket_number"].as_str().unwrap().to_owned(),
            response: id(&response, "canned_response"),
            private: id(&private, "canned_response"),
            project,
            agent,
            customer,
            shop,
            ticket,
            resolved,
            deleted,
            category,
            tag,
            policy,
            calendar,
            canaries,
        }
    }
}

/// Makes an account and logs in as it.
async fn account(world: &World, root: &Person, account: Value) -> Person {
    let email = account["email"].as_str().unwrap().to_owned();
    root.post("/admin/users", account).await.expect(201);
    world.login(&email, "password").await
}
