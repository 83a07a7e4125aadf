//! The whole desk as real processes, and people who use it through the gateway.
//!
//! Every test starts a [`World`] of its own: eight services on free ports, with databases, keys
//! and a bus prefix that no other test has. What is done to such a world, and how it is judged
//! afterwards, is shared with `tests/chaos`:
//!
//! | module | holds |
//! |---|---|
//! | [`load`] | clients that do not give up, and what they were told is done |
//! | [`wire`], [`points`], [`nats`] | ways to hurt it |
//! | [`stream`], [`truth`] | what the bus tells, and whether it all fits |
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[cfg(feature = "document")]
mod document;
/// Without the feature no answer is held against anything.
#[cfg(not(feature = "document"))]
mod document {
    pub(crate) fn check(_: &reqwest::Method, _: &str, _: &desk_testkit::Answer) {}
}
pub mod load;
pub mod nats;
mod people;
pub mod points;
pub mod stream;
pub mod truth;
pub mod wire;

use std::{process::Stdio, time::Duration};

use desk_testkit::Answer;
use serde_json::{Value, json};
use tokio::process::Command;
use xtask::{
    postgres::{Tools, psql::Psql},
    running::Running,
    service::Service,
    stack::{Plan, Stack},
};

pub use people::{Key, Person, Project, Who};

/// The desk, running.
pub struct World {
    /// Its processes.
    pub stack: Stack,
    http: reqwest::Client,
    /// Whether all of it is of this release.
    documented: bool,
}

impl World {
    /// Starts everything under a name that tells tests apart in logs; or takes the desk that the run
    /// was told of, which no other test uses.
    ///
    /// # Panics
    /// When a service does not start.
    pub async fn start(name: &str) -> Self {
        match Running::told().expect("a desk") {
            Some(running) => {
                let plan = running.plan().expect("a desk");
                Self::around(Stack::attach(plan).expect("psql"))
            }
            None => Self::from_plan(Self::plan(name)).await,
        }
    }

    /// What [`World::start`] starts, to be changed first. Edge limits are raised: a test is one
    /// address.
    ///
    /// # Panics
    /// Without the servers that tests need.
    pub fn plan(name: &str) -> Plan {
        Self::unlimited(Plan::for_test(name).expect("a plan"))
    }

    /// A plan without limits at the edge.
    pub fn unlimited(plan: Plan) -> Plan {
        plan.with(Service::Gateway, "SUPPORTDESK_EDGE_RATE", "100000")
            .with(Service::Gateway, "SUPPORTDESK_EDGE_BURST", "100000")
            .with(Service::Gateway, "SUPPORTDESK_EDGE_CONNECTIONS", "100000")
            .with(
                Service::ExternalGateway,
                "SUPPORTDESK_KEY_FAILURES_PER_MINUTE",
                "10000",
            )
            .with(Service::ExternalGateway, "SUPPORTDESK_KEY_RATE", "100000")
            .with(Service::ExternalGateway, "SUPPORTDESK_KEY_BURST", "100000")
            .with(Service::Auth, "SUPPORTDESK_REGISTRATIONS_PER_HOUR", "10000")
    }

    /// Starts a plan of the test's own.
    ///
    /// # Panics
    /// When a service does not start.
    pub async fn from_plan(plan: Plan) -> Self {
        let stack = Stack::start(plan)
            .await
            .unwrap_or_else(|error| panic!("{error:#}"));
        Self::around(stack)
    }

    /// A stack whose processes the test starts by itself.
    ///
    /// # Panics
    /// When no HTTP client can be made.
    pub fn around(stack: Stack) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            // As a proxy in front of the desk has to: shorter than a draining.
            .pool_idle_timeout(Duration::from_secs(1))
            .build()
            .expect("an HTTP client");
        let ours = xtask::paths::own_binaries().expect("a folder");
        Self {
            documented: stack.plan().binaries == ours,
            stack,
            http,
        }
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Person {
        self.somebody(Who::Stranger)
    }

    /// Somebody with this token, be it good or bad.
    pub fn bearer(&self, token: &str) -> Person {
        self.somebody(Who::Bearer(token.to_owned()))
    }

    /// An external project with this key pair, be it good or bad.
    pub fn key(&self, key: &Key) -> Person {
        self.somebody(Who::Key(key.clone()))
    }

    fn somebody(&self, who: Who) -> Person {
        Person::new(self.http.clone(), self.base(), who).documented(self.documented)
    }

    /// Logs in.
    ///
    /// # Panics
    /// When that fails.
    pub async fn login(&self, email: &str, password: &str) -> Person {
        let credentials = json!({"email": email, "password": password});
        let answer = self
            .stranger()
            .post("/auth/login", credentials)
            .await
            .expect(200);
        let token = answer["access_token"].as_str().expect("a token");
        self.bearer(token)
            .named(answer["user"]["id"].as_i64().expect("an id"), email)
    }

    /// The first super admin, made at start-up.
    pub async fn super_admin(&self) -> Person {
        self.login("super@support.local", "password").await
    }

    /// Makes an account with this role and logs in as it; a verified customer, too.
    ///
    /// # Panics
    /// When that fails.
    pub async fn person(&self, admin: &Person, role: &str, email: &str) -> Person {
        let account = json!({"name": email, "email": email, "password": "password", "role": role});
        admin.post("/admin/users", account).await.expect(201);
        self.login(email, "password").await
    }

    /// Makes a project with an API key.
    ///
    /// # Panics
    /// When that fails.
    pub async fn project(&self, admin: &Person, name: &str) -> Project {
        let made = admin
            .post("/admin/projects", json!({"name": name}))
            .await
            .expect(201);
        let id = made["project"]["id"].as_i64().expect("an id");
        let path = format!("/admin/projects/{id}/api-keys");
        let pair = admin
            .post(&path, json!({"name": "Production"}))
            .await
            .expect(201);
        let text = |field: &str| pair[field].as_str().expect("text").to_owned();
        let key = Key {
            api_key: text("api_key"),
            api_secret: text("api_secret"),
        };
        Project {
            id,
            key_id: pair["key_id"].as_i64().expect("an id"),
            key,
        }
    }

    /// Makes the person an agent of the project.
    ///
    /// # Panics
    /// When that fails.
    pub async fn assign_agent(&self, admin: &Person, project: &Project, agent: &Person) {
        let path = format!("/admin/projects/{}/agents", project.id);
        admin
            .post(&path, json!({"user_id": agent.id}))
            .await
            .expect(201);
    }

    /// The gateway's address, without `/api`.
    pub fn origin(&self) -> String {
        self.stack.url(Service::Gateway)
    }

    fn base(&self) -> String {
        format!("{}/api", self.origin())
    }

    /// Somebody who speaks to a service past the gateway.
    pub fn at(&self, service: Service) -> Person {
        Person::new(self.http.clone(), self.stack.url(service), Who::Stranger)
    }

    /// Asks a service's internal route, as another service would.
    ///
    /// # Panics
    /// When the service cannot be asked.
    pub async fn internal(&self, service: Service, path: &str) -> Answer {
        self.as_service(service).get(path).await
    }

    /// Another service, as it calls this one.
    pub fn as_service(&self, service: Service) -> Person {
        let token = people::service_token(&self.stack, service);
        let url = self.stack.url(service);
        Person::new(self.http.clone(), url, Who::Bearer(token))
    }

    /// Whoever watches a service's health and metrics.
    pub fn admin(&self, service: Service) -> Person {
        Person::new(
            self.http.clone(),
            self.stack.admin_url(service),
            Who::Stranger,
        )
    }

    /// Asks a service's database; one line a row, fields parted by `|`.
    ///
    /// # Panics
    /// When the service has none, or the SQL is wrong.
    pub async fn sql(&self, service: Service, sql: &str) -> String {
        let url = self.stack.database_url(service).expect("a database");
        let tools = Tools::find_or_install(None).expect("psql");
        let psql = Psql::new(&tools, &url).expect("a database");
        let rows = psql.run(sql).await;
        rows.unwrap_or_else(|error| panic!("{service}: {error:#}"))
            .trim()
            .to_owned()
    }

    /// Runs a command of a service to its end; whether it did well.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn run(&self, service: Service, words: &[&str]) -> bool {
        self.ask(service, words).await.0
    }

    /// The same, and what it printed.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn ask(&self, service: Service, words: &[&str]) -> (bool, String) {
        let mut command = Command::new(self.stack.program(service));
        command.args(words).envs(self.stack.env(service));
        let output = command.stderr(Stdio::inherit()).output().await;
        let output = output.expect("a program");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), told)
    }

    /// Stops everything and removes its databases.
    ///
    /// # Panics
    /// When the databases cannot be removed.
    pub async fn stop(mut self) {
        self.stack.stop().await;
        self.stack
            .drop_databases()
            .await
            .expect("databases dropped");
    }
}

/// The ids of a list's rows.
///
/// # Panics
/// When it is no list of rows with ids.
pub fn ids(list: &Value) -> Vec<i64> {
    let rows = list["data"].as_array().expect("a list");
    rows.iter()
        .map(|row| row["id"].as_i64().expect("an id"))
        .collect()
}
