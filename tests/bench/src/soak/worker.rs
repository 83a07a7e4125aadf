//! One connection of the mixed load: an agent, a customer and the keys of the agent's projects. It
//! works on tickets that it filed itself, so that it knows what each request must be answered with.

use std::collections::VecDeque;

use anyhow::{Context as _, Result, bail};
use desk_testkit::Form;
use e2e::Key;
use http_body_util::Full;
use hyper::{
    Method, StatusCode,
    body::Bytes,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use serde_json::{Value, json};

use super::mix::{Action, TURNS, action};
use crate::{
    load::{Call, Client},
    requests,
};

/// Who works, and with what.
#[derive(Debug, Clone)]
pub struct Crew {
    /// Distinguishes this worker's customers from others'.
    pub number: usize,
    /// E-mail and token of the agent.
    pub agent: Login,
    /// E-mail and token of the customer.
    pub customer: Login,
    /// The agent's projects with their keys.
    pub projects: Vec<(i64, Key)>,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Login {
    /// E-mail.
    pub email: String,
    /// The token.
    pub token: String,
}

/// A ticket that is not resolved.
#[derive(Debug, Clone)]
struct Open {
    id: i64,
    number: String,
    key: Key,
    /// Whom it was filed for; `None` when the customer filed it in the portal.
    email: Option<String>,
    taken: bool,
}

/// A crew at work.
pub struct Worker {
    crew: Crew,
    client: Client,
    open: VecDeque<Open>,
    turn: usize,
}

const REPORTS: [&str; 6] = [
    "overview",
    "projects",
    "agents",
    "volume?group_by=day",
    "sla",
    "categories",
];
const WORDS: [&str; 4] = ["upload", "survey", "picture", "invoice"];
/// Customers of a worker.
const CUSTOMERS: usize = 50;
/// Bytes of a picture.
const PICTURE: usize = 40_000;
const PASSWORD: &str = "password";

impl Worker {
    /// Ready to begin.
    pub fn new(crew: Crew, client: Client) -> Self {
        Self {
            crew,
            client,
            open: VecDeque::new(),
            turn: 0,
        }
    }

    /// Does the next thing; what needs an open ticket files one where there is none.
    ///
    /// # Errors
    /// An answer that it should not get.
    pub async fn act(&mut self) -> Result<()> {
        self.turn += 1;
        // Crews begin at different places, so that they don't all log in at once.
        let action = action(self.turn + TURNS / 10 * self.crew.number);
        match action {
            Action::FileByKey => self.file_by_key().await,
            Action::File => self.file().await,
            Action::Move => self.advance().await,
            Action::LogIn => self.log_in().await,
            Action::List => self.get("tickets?status=in_progress&per_page=20").await,
            Action::Search => {
                let word = WORDS[self.draw() % WORDS.len()];
                self.get(&format!("tickets?search={word}")).await
            }
            Action::Report => {
                let report = REPORTS[self.draw() % REPORTS.len()];
                self.get(&format!("reports/{report}")).await
            }
            _ => match self.any() {
                Some(ticket) => self.act_on(action, &ticket).await,
                None => self.file_by_key().await,
            },
        }
    }

    async fn act_on(&mut self, action: Action, ticket: &Open) -> Result<()> {
        let path = format!("tickets/{}/messages", ticket.id);
        match action {
            Action::Answer => {
                let body = json!({"body": "Thank you, we look into it. Which browser is it?"});
                self.agent_says(&path, &body).await
            }
            Action::Note => {
                let body = json!({"body": "The form's limit is too small.", "type": "note"});
                self.agent_says(&path, &body).await
            }
            Action::Attach => self.attach(&path).await,
            Action::Reply => self.reply(ticket).await,
            Action::ReadByKey => {
                let path = format!("external/tickets/{}", ticket.number);
                let call = by_key(Method::GET, &path, &ticket.key, None)?;
                self.send(call, StatusCode::OK).await.map(drop)
            }
            _ => self.get(&format!("tickets/{}", ticket.id)).await,
        }
    }

    async fn file_by_key(&mut self) -> Result<()> {
        let (_, key) = &self.crew.projects[self.draw() % self.crew.projects.len()];
        let key = key.clone();
        let customer = format!("{}-{}", self.crew.number, self.draw() % CUSTOMERS);
        let email = format!("customer{customer}@soak.example");
        let body = json!({
            "customer_name": format!("Customer {customer}"),
            "customer_email": email,
            "subject": format!("Photo upload fails in survey {}", self.turn),
            "description": "The form answers with an error after the third picture.",
            "metadata": {"page": format!("/surveys/{}", self.turn)},
        });
        let call = by_key(Method::POST, "external/tickets", &key, Some(&body))?;
        let filed = self.send(call, StatusCode::CREATED).await?;
        self.open.push_back(Open {
            id: filed["ticket_id"].as_i64().context("a ticket without id")?,
            number: text(&filed["ticket_number"])?,
            key,
            email: Some(email),
            taken: false,
        });
        Ok(())
    }

    async fn file(&mut self) -> Result<()> {
        let (project, key) = self.crew.projects[self.draw() % self.crew.projects.len()].clone();
        let body = json!({
            "project_id": project,
            "subject": format!("Invoice {} is not to be seen", self.turn),
            "description": "The list of invoices ends with last month's.",
            "priority": "high",
        });
        let token = &self.crew.customer.token;
        let call = requests::write(Method::POST, "/api/tickets", token, &body)?;
        let filed = self.send(call, StatusCode::CREATED).await?;
        let ticket = &filed["ticket"];
        self.open.push_back(Open {
            id: ticket["id"].as_i64().context("a ticket without id")?,
            number: text(&ticket["ticket_number"])?,
            key,
            email: None,
            taken: false,
        });
        Ok(())
    }

    /// Takes the oldest ticket up, or resolves it if that was done.
    async fn advance(&mut self) -> Result<()> {
        let Some(mut ticket) = self.open.pop_front() else {
            return self.file_by_key().await;
        };
        let status = if ticket.taken {
            "resolved"
        } else {
            "in_progress"
        };
        let path = format!("/api/tickets/{}/status", ticket.id);
        let token = &self.crew.agent.token;
        let call = requests::write(Method::PATCH, &path, token, &json!({"status": status}))?;
        self.send(call, StatusCode::OK).await?;
        if !ticket.taken {
            ticket.taken = true;
            self.open.push_front(ticket);
        }
        Ok(())
    }

    async fn reply(&mut self, ticket: &Open) -> Result<()> {
        let body = "It is the newest Firefox.";
        let call = if let Some(email) = &ticket.email {
            let path = format!("external/tickets/{}/reply", ticket.number);
            let body = json!({"body": body, "customer_email": email});
            by_key(Method::POST, &path, &ticket.key, Some(&body))?
        } else {
            let path = format!("/api/tickets/{}/messages", ticket.id);
            let token = &self.crew.customer.token;
            requests::write(Method::POST, &path, token, &json!({"body": body}))?
        };
        self.send(call, StatusCode::CREATED).await.map(drop)
    }

    async fn attach(&mut self, path: &str) -> Result<()> {
        let mut picture = b"GIF89a".to_vec();
        picture.resize(PICTURE, 7);
        let form = Form::default()
            .text("body", "This is how it should look.")
            .file("attachments[]", "screen.gif", &picture);
        let call = request(Method::POST, path)
            .header(CONTENT_TYPE, Form::CONTENT_TYPE)
            .header(AUTHORIZATION, format!("Bearer {}", self.crew.agent.token))
            .body(Full::new(form.finish().into()))?;
        self.send(call, StatusCode::CREATED).await.map(drop)
    }

    /// The agent and the customer in turn.
    async fn log_in(&mut self) -> Result<()> {
        let is_agent = self.draw().is_multiple_of(2);
        let crew = &mut self.crew;
        let who = if is_agent {
            &mut crew.agent
        } else {
            &mut crew.customer
        };
        let body = json!({"email": who.email, "password": PASSWORD});
        let call = request(Method::POST, "auth/login")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body.to_string().into()))?;
        let bytes = self.client.send(call, StatusCode::OK).await?;
        let answer: Value = serde_json::from_slice(&bytes)?;
        who.token = text(&answer["access_token"])?;
        Ok(())
    }

    async fn agent_says(&mut self, path: &str, body: &Value) -> Result<()> {
        let path = format!("/api/{path}");
        let call = requests::write(Method::POST, &path, &self.crew.agent.token, body)?;
        self.send(call, StatusCode::CREATED).await.map(drop)
    }

    async fn get(&mut self, path: &str) -> Result<()> {
        let call = requests::get(&format!("/api/{path}"), &self.crew.agent.token)?;
        self.send(call, StatusCode::OK).await.map(drop)
    }

    async fn send(&mut self, call: Call, expect: StatusCode) -> Result<Value> {
        let what = format!("{} {}", call.method(), call.uri());
        let bytes: Bytes = self.client.send(call, expect).await.context(what)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// A number that differs from turn to turn, and from round to round where an action has always
    /// the same turn.
    fn draw(&self) -> usize {
        self.turn + self.turn / TURNS
    }

    /// One of the open tickets, another each time.
    fn any(&self) -> Option<Open> {
        let place = self.draw().checked_rem(self.open.len())?;
        self.open.get(place).cloned()
    }
}

fn request(method: Method, path: &str) -> hyper::http::request::Builder {
    hyper::Request::builder()
        .method(method)
        .uri(format!("/api/{path}"))
        .header(HOST, "localhost")
}

fn by_key(method: Method, path: &str, key: &Key, body: Option<&Value>) -> Result<Call> {
    let body = body.map(ToString::to_string).unwrap_or_default();
    Ok(request(method, path)
        .header(CONTENT_TYPE, "application/json")
        .header("x-api-key", &key.api_key)
        .header("x-api-secret", &key.api_secret)
        .body(Full::new(body.into()))?)
}

fn text(value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        other => bail!("{other} is no text"),
    }
}
