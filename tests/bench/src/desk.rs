//! The desk under test: eight release services with raised limits, projects with keys, a token.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use e2e::{Key, World};
use xtask::{
    service::Service,
    stack::{Plan, Stack},
};

use crate::scale::PROJECTS;

/// Limits protect the desk from one address or key that takes it all, which is what a load is.
const LIMITS: [(Service, &str); 5] = [
    (Service::Gateway, "SUPPORTDESK_EDGE_RATE"),
    (Service::Gateway, "SUPPORTDESK_EDGE_BURST"),
    (Service::Gateway, "SUPPORTDESK_EDGE_CONNECTIONS"),
    (Service::ExternalGateway, "SUPPORTDESK_KEY_RATE"),
    (Service::ExternalGateway, "SUPPORTDESK_KEY_BURST"),
];
const NO_LIMIT: &str = "1000000";

/// A desk that runs.
pub struct Desk {
    /// Its processes and people.
    pub world: World,
    /// From the start of the processes until all were ready, on new databases.
    pub ready: Duration,
    /// An API key by project id.
    pub keys: BTreeMap<i64, Key>,
    /// A super admin.
    pub admin: i64,
    /// Its token.
    pub token: String,
}

impl Desk {
    /// Starts it on the servers that the environment names.
    ///
    /// # Errors
    /// When a service does not start.
    pub async fn start() -> Result<Self> {
        Self::of(Self::plan()?).await
    }

    /// What [`Desk::start`] starts, to be changed first.
    ///
    /// # Errors
    /// Without the servers that the environment names.
    pub fn plan() -> Result<Plan> {
        let plan = Plan::for_test("bench")?;
        Ok(LIMITS.iter().fold(plan, |plan, (service, name)| {
            plan.with(*service, name, NO_LIMIT)
        }))
    }

    /// Starts a plan of the caller's own.
    ///
    /// # Errors
    /// When a service does not start.
    pub async fn of(plan: Plan) -> Result<Self> {
        let mut stack = Stack::lay(plan.clone()).await?;
        stack.migrate().await?;
        let since = Instant::now();
        stack.launch()?;
        stack.ready().await?;
        let ready = since.elapsed();
        // A world starts its own processes, so it is given the same plan anew.
        stack.stop().await;
        let world = World::from_plan(plan).await;
        let admin = world.super_admin().await;
        let mut keys = BTreeMap::new();
        for number in 1..=PROJECTS {
            let project = world.project(&admin, &format!("Bench {number}")).await;
            keys.insert(project.id, project.key);
        }
        Ok(Self {
            world,
            ready,
            keys,
            admin: admin.id,
            token: admin.token().to_owned(),
        })
    }

    /// The gateway's address.
    ///
    /// # Errors
    /// Never, as long as a stack listens on this machine.
    pub fn address(&self) -> Result<SocketAddr> {
        let origin = self.world.origin();
        let address = origin.trim_start_matches("http://").parse();
        address.with_context(|| format!("{origin} is no address"))
    }
}
