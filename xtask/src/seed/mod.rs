//! Fills a new local stack through its own HTTP API: people, projects, a key, a few tickets with
//! replies. Each part looks first whether it is there, so that an interrupted seeding goes on
//! where it stopped.

mod api;

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::{Value, json};

use crate::demo::{ADMIN, AGENT, CUSTOMER, Demo, PASSWORD, SUPER};
pub use api::Api;
use api::Caller;

struct Person {
    name: &'static str,
    email: &'static str,
    role: &'static str,
    department: Option<&'static str>,
}

const PEOPLE: [Person; 5] = [
    Person {
        name: "Support Admin",
        email: ADMIN,
        role: "admin",
        department: Some("Operations"),
    },
    Person {
        name: "Alice Okafor",
        email: AGENT,
        role: "agent",
        department: Some("Support"),
    },
    Person {
        name: "Bayo Lawal",
        email: "bayo@support.local",
        role: "agent",
        department: Some("Support"),
    },
    Person {
        name: "Chidinma Eze",
        email: "chidinma@support.local",
        role: "agent",
        department: Some("Technical"),
    },
    Person {
        name: "Funmi Balogun",
        email: CUSTOMER,
        role: "customer",
        department: None,
    },
];

struct Project {
    name: &'static str,
    description: &'static str,
    /// E-mail addresses; the first leads.
    agents: &'static [&'static str],
}

const PROJECTS: [Project; 2] = [
    Project {
        name: "NaijaHomes",
        description: "Homes to rent and to buy",
        agents: &[AGENT, "bayo@support.local"],
    },
    Project {
        name: "AgriMarket",
        description: "From the farm to the market",
        agents: &["chidinma@support.local"],
    },
];

struct Ticket {
    subject: &'static str,
    description: &'static str,
    priority: &'static str,
    customer: (&'static str, &'static str),
    /// The agent's answer; without one the ticket stays open and unassigned.
    reply: Option<&'static str>,
    /// The customer's answer to that.
    answer: Option<&'static str>,
}

const TICKETS: [Ticket; 4] = [
    Ticket {
        subject: "Cannot upload property photos",
        description: "The upload button does nothing, in two browsers.",
        priority: "high",
        customer: ("Funmi Balogun", CUSTOMER),
        reply: Some("Thank you for telling us. How large are the photos?"),
        answer: Some("About 12 MB each."),
    },
    Ticket {
        subject: "Rent paid twice",
        description: "My card was charged twice for the same month.",
        priority: "critical",
        customer: ("Tunde Adeyemi", "tunde@example.com"),
        reply: Some("We see both payments and have asked the bank to return one."),
        answer: None,
    },
    Ticket {
        subject: "How do I change the address of a listing?",
        description: "The street has a new name and the form does not let me edit it.",
        priority: "low",
        customer: ("Funmi Balogun", CUSTOMER),
        reply: None,
        answer: None,
    },
    Ticket {
        subject: "Viewing was not confirmed",
        description: "I asked for a viewing on Monday and heard nothing since.",
        priority: "medium",
        customer: ("Ngozi Umeh", "ngozi@example.com"),
        reply: None,
        answer: None,
    },
];

/// Seeds the stack behind a gateway.
pub async fn run(gateway: &str) -> Result<Demo> {
    let anyone = Api::new(gateway)?;
    let root = log_in(&anyone, SUPER).await?;
    for person in &PEOPLE {
        ensure_person(&root, person).await?;
    }
    let mut first = None;
    for project in &PROJECTS {
        let id = ensure_project(&root, project).await?;
        first.get_or_insert((id, project.name));
    }
    let (project_id, project) = first.context("there is no project to seed")?;
    let demo = make_key(&root, project_id, project).await?;
    let key = anyone.by(Caller::Key(demo.api_key.clone(), demo.api_secret.clone()));
    let agent = log_in(&anyone, AGENT).await?;
    for ticket in &TICKETS {
        ensure_ticket(&key, &agent, ticket).await?;
    }
    Ok(demo)
}

/// The API as the first super admin.
pub async fn super_admin(gateway: &str) -> Result<Api> {
    log_in(&Api::new(gateway)?, SUPER).await
}

async fn log_in(anyone: &Api, email: &str) -> Result<Api> {
    let body = json!({ "email": email, "password": PASSWORD });
    let answer = anyone.send_json(Method::POST, "/auth/login", &body).await?;
    let token = answer["access_token"]
        .as_str()
        .context("a login gave no token")?;
    Ok(anyone.by(Caller::Token(token.to_owned())))
}

async fn ensure_person(root: &Api, person: &Person) -> Result<()> {
    if find(root, "/admin/users", "email", person.email)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let mut body = json!({
        "name": person.name,
        "email": person.email,
        "password": PASSWORD,
        "role": person.role,
    });
    if let Some(department) = person.department {
        body["department"] = department.into();
    }
    root.send_json(Method::POST, "/admin/users", &body)
        .await
        .map(drop)
}

async fn ensure_project(root: &Api, project: &Project) -> Result<i64> {
    let found = find(root, "/admin/projects", "name", project.name).await?;
    let row = if let Some(row) = found {
        row
    } else {
        let body = json!({ "name": project.name, "description": project.description });
        root.send_json(Method::POST, "/admin/projects", &body)
            .await?["project"]
            .take()
    };
    let id = row["id"].as_i64().context("a project has no id")?;
    for (place, email) in project.agents.iter().enumerate() {
        let user = find(root, "/admin/users", "email", email).await?;
        let user_id = user
            .and_then(|user| user["id"].as_i64())
            .context("an agent was not found")?;
        let body = json!({ "user_id": user_id, "is_lead": place == 0 });
        root.send_json(Method::POST, &format!("/admin/projects/{id}/agents"), &body)
            .await?;
    }
    Ok(id)
}

/// A secret cannot be read again, so that a lost one means another key.
async fn make_key(root: &Api, project_id: i64, project: &str) -> Result<Demo> {
    let path = format!("/admin/projects/{project_id}/api-keys");
    let answer = root
        .send_json(Method::POST, &path, &json!({ "name": "Demo key" }))
        .await?;
    let text = |field: &str| {
        answer[field]
            .as_str()
            .map(str::to_owned)
            .context("a new key is not whole")
    };
    Ok(Demo {
        project: project.to_owned(),
        project_id,
        api_key: text("api_key")?,
        api_secret: text("api_secret")?,
    })
}

async fn ensure_ticket(key: &Api, agent: &Api, ticket: &Ticket) -> Result<()> {
    let (name, email) = ticket.customer;
    let query = [("customer_email", email), ("per_page", "100")];
    let listed = key.get("/external/tickets", &query).await?;
    let row = row_where(&listed, "subject", ticket.subject);
    let row = if let Some(row) = row {
        row
    } else {
        let body = json!({
            "customer_name": name,
            "customer_email": email,
            "subject": ticket.subject,
            "description": ticket.description,
            "priority": ticket.priority,
        });
        key.send_json(Method::POST, "/external/tickets", &body)
            .await?
    };
    let Some(reply) = ticket.reply else {
        return Ok(());
    };
    if row["reply_count"].as_i64().unwrap_or(0) > 0 {
        return Ok(());
    }
    let id = row["ticket_id"].as_i64().context("a ticket has no id")?;
    let number = row["ticket_number"]
        .as_str()
        .context("a ticket has no number")?;
    let me = agent.get("/auth/me", &[]).await?["user"]["id"].clone();
    agent
        .send_json(
            Method::PATCH,
            &format!("/tickets/{id}/assign"),
            &json!({ "user_id": me }),
        )
        .await?;
    agent
        .send_json(
            Method::POST,
            &format!("/tickets/{id}/messages"),
            &json!({ "body": reply }),
        )
        .await?;
    if let Some(answer) = ticket.answer {
        let body = json!({ "body": answer, "customer_email": email });
        key.send_json(
            Method::POST,
            &format!("/external/tickets/{number}/reply"),
            &body,
        )
        .await?;
    }
    Ok(())
}

/// The row of a list whose field is exactly the value.
pub async fn find(api: &Api, path: &str, field: &str, value: &str) -> Result<Option<Value>> {
    let page = api
        .get(path, &[("search", value), ("per_page", "100")])
        .await?;
    Ok(row_where(&page, field, value))
}

fn row_where(page: &Value, field: &str, value: &str) -> Option<Value> {
    page["data"]
        .as_array()?
        .iter()
        .find(|row| row[field] == value)
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_the_whole_value() {
        let page =
            json!({ "data": [{ "name": "NaijaHomes 2" }, { "name": "NaijaHomes", "id": 4 }] });
        assert_eq!(row_where(&page, "name", "NaijaHomes").unwrap()["id"], 4);
        assert_eq!(row_where(&page, "name", "Naija"), None);
        assert_eq!(row_where(&json!({}), "name", "x"), None);
    }

    #[test]
    fn every_agent_of_a_project_is_seeded() {
        for email in PROJECTS.iter().flat_map(|project| project.agents) {
            assert!(
                PEOPLE
                    .iter()
                    .any(|person| person.email == *email && person.role == "agent")
            );
        }
    }
}
