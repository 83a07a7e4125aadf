//! The desk that is hurt: eight services, each behind wires to its database and the bus, on servers
//! of the run's own, with a mail server that takes what the notifier sends.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result};
use e2e::{
    World,
    points::Points,
    wire::{Wire, to_bus, to_database},
};
use xtask::{
    service::Service,
    stack::{self, Plan, Stack},
};

use crate::{
    disk::Disk,
    plan::{Line, wires},
    post::Post,
    servers::Servers,
};

/// A hundred thousand events and more.
const STREAM_BYTES: &str = "1073741824";

/// Everything.
pub struct Desk {
    /// The services.
    pub world: World,
    /// What they stand on.
    pub servers: Servers,
    /// What they are connected by.
    pub wires: BTreeMap<(Service, Line), Wire>,
    /// Where they can be held.
    pub points: Points,
    /// What they have sent.
    pub post: Post,
    /// A small disk of one database, or why there is none.
    pub disk: Result<Disk>,
}

impl Desk {
    /// Starts it; `full` is whose disk can run full, `binaries` other services than those beside
    /// this program.
    pub async fn start(full: Service, binaries: Option<&Path>) -> Result<Self> {
        let servers = Servers::start(&stack::test_folder().join("servers")).await?;
        let (postgres, nats) = (servers.postgres_url().to_owned(), servers.nats.url());
        let mut plan = World::unlimited(Plan::on(postgres, nats.to_owned(), "chaos")?);
        if let Some(binaries) = binaries {
            binaries.clone_into(&mut plan.binaries);
        }
        let points = Points::new("chaos");
        plan.common.extend([
            ("SUPPORTDESK_FAILPOINTS".into(), points.folder()),
            ("SUPPORTDESK_STREAM_MAX_BYTES".into(), STREAM_BYTES.into()),
        ]);
        for door in [Service::Gateway, Service::ExternalGateway] {
            plan = plan.with(door, "SUPPORTDESK_UPSTREAM_SECONDS", "5");
        }
        let post = Post::open().await?;
        let (plan, wires) = wired(plan, &post).await;

        let disk = Disk::mount(&stack::test_folder().join("disk"), full);
        let stack = Stack::lay(plan).await?;
        if let Ok(disk) = &disk {
            disk.take_in(stack.plan()).await?;
        }
        let mut world = World::around(stack);
        world.stack.migrate().await?;
        world.stack.launch()?;
        world.stack.ready().await?;
        Ok(Self {
            world,
            servers,
            wires,
            points,
            post,
            disk,
        })
    }

    /// The wire between a service and what it depends on.
    pub fn wire(&mut self, service: Service, line: Line) -> Result<&mut Wire> {
        let wire = self.wires.get_mut(&(service, line));
        wire.with_context(|| format!("{service} has no wire to {line}"))
    }

    /// Stops everything.
    pub async fn stop(mut self) -> Result<()> {
        self.world.stack.stop().await;
        self.servers.stop().await
    }
}

/// Has every service reach what it depends on by wires.
async fn wired(plan: Plan, post: &Post) -> (Plan, BTreeMap<(Service, Line), Wire>) {
    let mut plan = plan;
    let mut all = BTreeMap::new();
    for (service, line) in wires() {
        let (wired, wire) = match line {
            Line::Database => to_database(plan, service).await,
            Line::Bus | Line::Mail => to_bus(plan, service).await,
        };
        plan = wired;
        all.insert((service, line), wire);
    }
    let wire = Wire::to(post.address()).await;
    let url = format!("smtp://127.0.0.1:{}?tls=none", wire.port());
    all.insert((Service::Notifier, Line::Mail), wire);
    let plan = plan
        .with(Service::Notifier, "SUPPORTDESK_MAIL_URL", &url)
        .with(Service::Notifier, "SUPPORTDESK_MAIL_TIMEOUT_SECONDS", "2");
    (plan, all)
}
