//! People and projects at work, none of whom takes anything but success for an answer.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use e2e::{Person, World};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Between two requests of one client: all connections stay in use, the machine is not the limit.
const BREATH: Duration = Duration::from_millis(20);

/// Failures told in full.
const TOLD: usize = 20;

/// Who works, and what came of it.
#[derive(Clone)]
pub struct Traffic {
    /// By its key.
    pub shop: Person,
    agent: Person,
    /// Whose token is as old as the traffic.
    pub root: Person,
    visitor: Person,
    at_the_door: Person,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    stop: AtomicBool,
    answers: AtomicUsize,
    filed: AtomicUsize,
    failures: Mutex<Vec<String>>,
    started: Mutex<Option<Instant>>,
}

impl Traffic {
    /// A project with a key, an agent of it, an admin, somebody who logs in and out.
    pub async fn of(world: &World) -> Self {
        let root = world.super_admin().await;
        let project = world.project(&root, "NaijaHomes").await;
        let agent = world.person(&root, "agent", "alice@desk.test").await;
        world.assign_agent(&root, &project, &agent).await;
        let door = world.stack.url(xtask::service::Service::ExternalGateway);
        Self {
            shop: world.key(&project.key),
            at_the_door: world.key(&project.key).at(&door),
            agent,
            root,
            visitor: world.stranger(),
            state: Arc::default(),
        }
    }

    pub fn answers(&self) -> usize {
        self.state.answers.load(Ordering::Relaxed)
    }

    /// Tickets that the desk said it filed.
    pub fn filed(&self) -> usize {
        self.state.filed.load(Ordering::Relaxed)
    }

    /// Stops; nothing may have failed.
    pub async fn end(&self, working: JoinSet<()>) {
        self.state.stop.store(true, Ordering::Relaxed);
        working.join_all().await;
        let failures = self.state.failures.lock().unwrap();
        assert!(
            failures.is_empty(),
            "{} requests failed, {} did not:\n{}",
            failures.len(),
            self.answers(),
            failures.join("\n")
        );
    }

    /// Works until stopped.
    pub fn start(&self) -> JoinSet<()> {
        *self.state.started.lock().unwrap() = Some(Instant::now());
        let mut working = JoinSet::new();
        for client in 0..3 {
            let (us, shop) = (self.clone(), self.shop.clone());
            working.spawn(async move { us.file(client, &shop).await });
        }
        let (us, door) = (self.clone(), self.at_the_door.clone());
        working.spawn(async move { us.file(3, &door).await });
        for _ in 0..2 {
            let us = self.clone();
            working.spawn(async move { us.answer().await });
        }
        let us = self.clone();
        working.spawn(async move { us.look().await });
        let us = self.clone();
        working.spawn(async move { us.come_and_go().await });
        working
    }

    fn is_over(&self) -> bool {
        self.state.stop.load(Ordering::Relaxed)
    }

    /// A project files tickets and looks at them.
    async fn file(&self, client: u32, shop: &Person) {
        for turn in 0.. {
            if self.is_over() {
                return;
            }
            let filed = json!({
                "customer_name": "Tunde Adeyemi",
                "customer_email": format!("tunde{client}-{}@example.com", turn % 5),
                "subject": "Cannot upload photos",
                "description": "The button does nothing.",
            });
            let path = "/external/tickets";
            let filed = self.call(shop, Method::POST, path, Some(filed)).await;
            if let Some(number) = filed
                .as_ref()
                .and_then(|body| body["ticket_number"].as_str())
            {
                self.state.filed.fetch_add(1, Ordering::Relaxed);
                self.call(shop, Method::GET, &format!("{path}/{number}"), None)
                    .await;
            }
        }
    }

    /// An agent answers the newest ticket.
    async fn answer(&self) {
        while !self.is_over() {
            let list = self
                .call(&self.agent, Method::GET, "/tickets?per_page=5", None)
                .await;
            let Some(id) = list.and_then(|list| list["data"][0]["id"].as_i64()) else {
                continue;
            };
            let ticket = format!("/tickets/{id}");
            self.call(&self.agent, Method::GET, &ticket, None).await;
            let reply = json!({"body": "We look at it."});
            self.call(
                &self.agent,
                Method::POST,
                &format!("{ticket}/messages"),
                Some(reply),
            )
            .await;
            let status = json!({"status": "pending_customer"});
            self.call(
                &self.agent,
                Method::PATCH,
                &format!("{ticket}/status"),
                Some(status),
            )
            .await;
        }
    }

    /// An admin reads what every service has.
    async fn look(&self) {
        while !self.is_over() {
            for path in [
                "/reports/overview",
                "/admin/projects",
                "/admin/users?per_page=5",
                "/admin/audit?per_page=5",
                "/notifications/preferences",
                "/sla",
            ] {
                self.call(&self.root, Method::GET, path, None).await;
            }
        }
    }

    /// Somebody logs in and out.
    async fn come_and_go(&self) {
        while !self.is_over() {
            let credentials = json!({"email": self.agent.email, "password": "password"});
            let login = self
                .call(
                    &self.visitor,
                    Method::POST,
                    "/auth/login",
                    Some(credentials),
                )
                .await;
            if let Some(token) = login
                .as_ref()
                .and_then(|body| body["access_token"].as_str())
            {
                let person = self.visitor.clone().with_token(token);
                self.call(&person, Method::GET, "/auth/me", None).await;
                self.call(&person, Method::POST, "/auth/logout", None).await;
            }
            tokio::time::sleep(BREATH * 5).await;
        }
    }

    async fn call(
        &self,
        who: &Person,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Option<Value> {
        tokio::time::sleep(BREATH).await;
        let body = body.map(|body| body.to_string());
        let answer = who.try_send(method.clone(), path, body).await;
        let wrong = match answer {
            Ok(answer) if answer.status.is_success() => {
                self.state.answers.fetch_add(1, Ordering::Relaxed);
                return Some(answer.body);
            }
            Ok(answer) => format!("{} {}", answer.status, answer.body),
            Err(error) => format!("{error:?}"),
        };
        let started = self.state.started.lock().unwrap().map(|at| at.elapsed());
        let mut failures = self.state.failures.lock().unwrap();
        if failures.len() < TOLD {
            failures.push(format!("{started:?} {method} {path}: {wrong}"));
        }
        None
    }
}
