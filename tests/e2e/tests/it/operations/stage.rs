//! Who calls, and what there is to be called upon: one of everything, and one more of whatever a
//! call uses up.

use std::{fs, path::Path};

use desk_testkit::{Form, eventually};
use e2e::{Person, Project, World};
use serde_json::{Value, json};

/// The desk before the calls.
pub struct Stage {
    pub root: Person,
    pub agent: Person,
    pub customer: Person,
    pub stranger: Person,
    /// Somebody whose token is none.
    pub forger: Person,
    pub shop: Person,
    pub project: Project,
    /// An account to be changed, and then deleted.
    pub spare_user: i64,
    /// An account to be erased.
    pub erased_user: i64,
    /// Sessions to be ended, of [`Stage::customer`] and of somebody else.
    pub refreshed: Person,
    pub logged_out: Person,
    pub logged_out_everywhere: Person,
    /// Somebody whose address is not verified, and the token that was mailed.
    pub unverified: Person,
    pub verification: String,
    pub reset: String,
    /// The customer's, open, with a file.
    pub ticket: i64,
    pub file: i64,
    /// The customer's, resolved.
    pub resolved: i64,
    /// To be deleted; and deleted.
    pub spare_ticket: i64,
    pub deleted_ticket: i64,
    /// By key, for `v@example.com`.
    pub number: String,
    pub category: i64,
    pub tag: i64,
    pub policy: i64,
    pub calendar: i64,
    pub response: i64,
    /// To be deleted, with a key to be revoked.
    pub spare_project: Project,
}

/// The id of what an answer wraps.
fn id(answer: &Value, wrapped: &str) -> i64 {
    answer[wrapped]["id"].as_i64().unwrap()
}

/// The token of the link that was mailed to this address.
pub async fn mailed_token(folder: &Path, address: &str) -> String {
    let find = || {
        let mails = fs::read_dir(folder).ok()?.map(|entry| {
            let mail = fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
            // Quoted-printable, as mails are.
            mail.replace("=\r\n", "").replace("=3D", "=")
        });
        let mut mails = mails.filter(|mail| mail.contains(&format!("{address}>\r\n")));
        let (_, token) = mails
            .next()?
            .split_once("?token=")
            .map(|(before, token)| (before.len(), token.to_owned()))?;
        let end = token.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        Some(token[..end.unwrap_or(token.len())].to_owned())
    };
    eventually(async || find().is_some()).await;
    find().unwrap()
}

/// Files a ticket as this person; answers its id.
async fn file(person: &Person, project: &Project) -> i64 {
    let body = json!({"project_id": project.id, "subject": "Help", "description": "Please."});
    id(&person.post("/tickets", body).await.expect(201), "ticket")
}

async fn register(world: &World, email: &str) -> Person {
    let account = json!({
        "name": email, "email": email,
        "password": "password", "password_confirmation": "password",
    });
    let stranger = world.stranger();
    stranger.post("/auth/register", account).await.expect(201);
    world.login(email, "password").await
}

impl Stage {
    pub async fn set(world: &World) -> Self {
        let root = world.super_admin().await;
        let project = world.project(&root, "NaijaHomes").await;
        let spare_project = world.project(&root, "AgriMarket").await;
        let agent = world.person(&root, "agent", "agent@desk.test").await;
        let customer = world.person(&root, "customer", "customer@desk.test").await;
        world.assign_agent(&root, &project, &agent).await;
        let (stranger, shop) = (world.stranger(), world.key(&project.key));

        let unverified = register(world, "unverified@desk.test").await;
        let forgotten = world.person(&root, "agent", "forgotten@desk.test").await;
        let asked = json!({"email": forgotten.email});
        stranger
            .post("/auth/forgot-password", asked)
            .await
            .expect(200);
        let mails = world.stack.mail();
        let verification = mailed_token(&mails, &unverified.email).await;
        let reset = mailed_token(&mails, &forgotten.email).await;

        let form = Form::default()
            .text("project_id", &project.id.to_string())
            .text("subject", "Help")
            .text("description", "Please.")
            .file("attachments[]", "log.txt", b"0123456789");
        let filed = customer.post_form("/tickets", form).await.expect(201);
        let resolved = file(&customer, &project).await;
        let status = format!("/tickets/{resolved}/status");
        root.patch(&status, json!({"status": "resolved"}))
            .await
            .expect(200);
        let deleted_ticket = file(&customer, &project).await;
        let path = format!("/tickets/{deleted_ticket}");
        root.delete(&path).await.expect(200);
        let by_key = json!({
            "customer_name": "V", "customer_email": "v@example.com",
            "subject": "Help", "description": "Please.",
        });
        let by_key = shop.post("/external/tickets", by_key).await.expect(201);
        let ticket = id(&filed, "ticket");
        let path = format!("/tickets/{ticket}");
        eventually(async || agent.get(&path).await.status == 200).await;

        let make = async |path: &str, wrapped: &str, body: Value| {
            id(&root.post(path, body).await.expect(201), wrapped)
        };
        let hours = json!({"mon": [["09:00", "17:00"]]});
        let minutes = json!({
            "priority": "low", "project_id": spare_project.id,
            "first_response_minutes": 1, "resolution_minutes": 2,
        });
        let calendar = json!({"name": "Office", "timezone": "UTC", "hours": hours});
        let response = json!({"title": "Hello", "body": "Hello", "is_shared": true});
        Self {
            category: make("/categories", "category", json!({"name": "Spare"})).await,
            tag: make("/tags", "tag", json!({"name": "spare"})).await,
            policy: make("/admin/sla", "sla_policy", minutes).await,
            calendar: make("/admin/calendars", "calendar", calendar).await,
            response: make("/canned-responses", "canned_response", response).await,
            spare_user: world.person(&root, "agent", "spare@desk.test").await.id,
            erased_user: world.person(&root, "customer", "erased@desk.test").await.id,
            refreshed: world.login(&customer.email, "password").await,
            logged_out: world.login(&customer.email, "password").await,
            logged_out_everywhere: forgotten,
            forger: world.bearer("x"),
            spare_ticket: file(&customer, &project).await,
            number: by_key["ticket_number"].as_str().unwrap().to_owned(),
            file: filed["ticket"]["attachments"][0]["id"].as_i64().unwrap(),
            root,
            agent,
            customer,
            stranger,
            shop,
            project,
            unverified,
            verification,
            reset,
            ticket,
            resolved,
            deleted_ticket,
            spare_project,
        }
    }
}
