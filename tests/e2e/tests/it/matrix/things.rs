//! What the names in `permissions.txt` stand for: the things that are there, new ones for a call
//! that is to change them, and ids that nothing has.

use desk_testkit::eventually;
use e2e::{Person, Project, World};
use serde_json::{Value, json};

use super::{
    callers,
    stage::Stage,
    table::Caller,
    tenant::{Tenant, id},
};

/// An id that nothing has.
const NOTHING: &str = "999999999";

/// Which things a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What is there, and stays so.
    Standing,
    /// Made for this call.
    Fresh,
    /// What is nobody's.
    Nothing,
}

/// The things of one call.
pub struct Things<'a> {
    pub world: &'a World,
    pub stage: &'a Stage,
    pub caller: Caller,
    pub which: Which,
    /// A new one, so that its key and its policy are of the same.
    project: Option<Project>,
}

impl<'a> Things<'a> {
    pub const fn new(world: &'a World, stage: &'a Stage, caller: Caller, which: Which) -> Self {
        Self {
            world,
            stage,
            caller,
            which,
            project: None,
        }
    }

    /// The text with every `{name}` replaced by what it stands for.
    pub async fn fill(&mut self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap();
            filled.push_str(before);
            filled.push_str(&self.named(name).await);
            rest = after;
        }
        filled + rest
    }

    async fn named(&mut self, name: &str) -> String {
        let home = &self.stage.home;
        let own = self.stage.own(self.caller);
        match (name, self.which) {
            ("root", _) => self.stage.root.id.to_string(),
            ("own-project", _) => own.project.id.to_string(),
            ("own-ticket", Which::Fresh) => file(own).await.to_string(),
            ("own-ticket", _) => own.ticket.to_string(),
            ("own-number", Which::Fresh) => self.number(own).await,
            ("own-number", _) => own.number.clone(),
            ("own-private", _) => self.own_response().await.to_string(),
            ("email", Which::Nothing) => "nobody@desk.test".to_owned(),
            ("number" | "portal-number", Which::Nothing) => "NOBO-2020-00001".to_owned(),
            ("nothing", _) | (_, Which::Nothing) => NOTHING.to_owned(),
            ("number", Which::Fresh) => self.number(home).await,
            ("number", Which::Standing) => home.number.clone(),
            (name, Which::Fresh) => match self.made(name).await {
                Some(made) => made.to_string(),
                None => standing(self.stage, name),
            },
            (name, Which::Standing) => standing(self.stage, name),
        }
    }

    /// A new one of what calls change.
    async fn made(&mut self, name: &str) -> Option<i64> {
        let (stage, root) = (self.stage, &self.stage.root);
        let home = &stage.home;
        let count = stage.next();
        let make = async |path: &str, wrapped: &str, body: Value| {
            id(&root.post(path, body).await.expect(201), wrapped)
        };
        let account = |role: &str| {
            json!({
                "name": "Fresh", "email": format!("fresh-{count}@desk.test"),
                "password": "password", "role": role,
            })
        };
        let named = json!({"name": format!("fresh {count}")});
        Some(match name {
            "ticket" => file(home).await,
            "resolved" => {
                let ticket = file(home).await;
                let path = format!("/tickets/{ticket}/status");
                root.patch(&path, json!({"status": "resolved"}))
                    .await
                    .expect(200);
                ticket
            }
            "deleted" => {
                let ticket = file(home).await;
                root.delete(&format!("/tickets/{ticket}")).await.expect(200);
                ticket
            }
            "user" => make("/admin/users", "user", account("agent")).await,
            "customer" => make("/admin/users", "user", account("customer")).await,
            "category" => make("/categories", "category", named).await,
            "tag" => make("/tags", "tag", named).await,
            "calendar" => {
                let hours = json!({"mon": [["09:00", "17:00"]]});
                let calendar = json!({"name": "Fresh", "timezone": "UTC", "hours": hours});
                make("/admin/calendars", "calendar", calendar).await
            }
            "policy" => {
                let policy = json!({
                    "priority": "high", "project_id": self.project().await.id,
                    "first_response_minutes": 1, "resolution_minutes": 2,
                });
                make("/admin/sla", "sla_policy", policy).await
            }
            "response" => {
                let shared = json!({"is_shared": true, "project_id": home.project.id});
                response(&home.agent, shared).await
            }
            "private" => response(&home.agent, json!({})).await,
            "project" => self.project().await.id,
            "key" => self.project().await.key_id,
            _ => return None,
        })
    }

    /// The new project, with the first one's agent.
    async fn project(&mut self) -> &Project {
        if self.project.is_none() {
            let (stage, root) = (self.stage, &self.stage.root);
            let agent = &stage.home.agent;
            let project = self
                .world
                .project(root, &format!("Fresh {}", stage.next()))
                .await;
            self.world.assign_agent(root, &project, agent).await;
            let ticket = file_in(&stage.home.customer, project.id).await;
            let path = format!("/tickets/{ticket}");
            eventually(async || agent.get(&path).await.status == 200).await;
            self.project = Some(project);
        }
        self.project.as_ref().unwrap()
    }

    async fn number(&self, tenant: &Tenant) -> String {
        let body = json!({
            "customer_name": "Bought", "customer_email": tenant.customer.email,
            "subject": "Help", "description": "Please.",
        });
        let filed = tenant
            .shop
            .post("/external/tickets", body)
            .await
            .expect(201);
        filed["ticket_number"].as_str().unwrap().to_owned()
    }

    /// The caller's own; whoever can have none is refused whatever it is.
    async fn own_response(&self) -> i64 {
        match self.caller.role() {
            Some(role) if role.is_staff() => {
                response(callers::person(self.stage, self.caller), json!({})).await
            }
            _ => self.stage.own(self.caller).private,
        }
    }
}

/// A canned response, nobody else's unless told.
async fn response(owner: &Person, more: Value) -> i64 {
    let mut body = json!({"title": "Fresh", "body": "x"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    id(
        &owner.post("/canned-responses", body).await.expect(201),
        "canned_response",
    )
}

fn standing(stage: &Stage, name: &str) -> String {
    let home = &stage.home;
    let id = match name {
        "project" => home.project.id,
        "key" => home.project.key_id,
        "agent" | "user" => home.agent.id,
        "customer" => home.customer.id,
        "ticket" => home.ticket,
        "resolved" => home.resolved,
        "deleted" => home.deleted,
        "file" => home.files.own,
        "reply-file" => home.files.reply,
        "note-file" => home.files.note,
        "deleted-file" => home.files.deleted,
        "category" => home.category,
        "tag" => home.tag,
        "policy" => home.policy,
        "calendar" => home.calendar,
        "response" => home.response,
        "private" => home.private,
        "email" => return home.customer.email.clone(),
        // Part of all its canaries, and of nobody else's.
        "word" => return "-home".to_owned(),
        "portal-number" => return home.canaries["number"].clone(),
        "cursor" => return stage.cursor.clone(),
        "message-cursor" => return stage.message_cursor.clone(),
        unknown => unreachable!("nothing is called {unknown}"),
    };
    id.to_string()
}

/// A new ticket of the project's customer.
async fn file(tenant: &Tenant) -> i64 {
    file_in(&tenant.customer, tenant.project.id).await
}

async fn file_in(person: &Person, project: i64) -> i64 {
    let body = json!({"project_id": project, "subject": "Help", "description": "Please."});
    id(&person.post("/tickets", body).await.expect(201), "ticket")
}
