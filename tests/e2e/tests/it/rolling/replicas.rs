//! Two processes of every service, each service behind a balancer of its own.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use desk_testkit::eventually_within;
use e2e::World;
use xtask::{
    account::Account,
    daemon::{Daemon, Spec},
    pids::Signal,
    ports,
    service::Service,
    stack::Stack,
};

use super::balancer::{Balancer, Replica};

/// Replicas of each service.
pub const EACH: usize = 2;

/// How long they drain: longer than connections rest unused (a second) and than the balancers
/// take to look (a tenth).
const DRAIN: &str = "2";

const PATIENCE: Duration = Duration::from_mins(1);

/// The desk with every service twice.
pub struct Replicas {
    world: World,
    daemons: BTreeMap<(Service, usize), Daemon>,
    balancers: BTreeMap<Service, Balancer>,
    starts: usize,
}

impl Replicas {
    pub async fn start(name: &str) -> Self {
        let mut plan = World::plan(name);
        for service in Service::ALL {
            // Twice as many processes as usual share one server.
            plan = plan.with(service, "SUPPORTDESK_DRAIN_SECONDS", DRAIN).with(
                service,
                "SUPPORTDESK_DATABASE_POOL",
                "3",
            );
        }
        let stack = Stack::lay(plan).await.unwrap();
        stack.migrate().await.unwrap();
        let mut free = ports::free(2 * EACH * Service::ALL.len())
            .unwrap()
            .into_iter();
        let mut replicas = Self {
            daemons: BTreeMap::new(),
            balancers: BTreeMap::new(),
            starts: 0,
            world: World::around(stack),
        };
        for service in Service::ALL {
            let mut behind = Vec::new();
            for at in 0..EACH {
                let (api, admin) = (free.next().unwrap(), free.next().unwrap());
                let spec = spec(&replicas.world.stack, service, at, api, admin);
                let daemon = Daemon::start(spec).unwrap();
                replicas.daemons.insert((service, at), daemon);
                replicas.starts += 1;
                behind.push(Replica {
                    api: (Ipv4Addr::LOCALHOST, api).into(),
                    readyz: format!("http://127.0.0.1:{admin}/readyz"),
                });
            }
            let port = replicas.world.stack.plan().ports.of(service).api;
            let balancer = Balancer::start((Ipv4Addr::LOCALHOST, port).into(), behind).await;
            replicas.balancers.insert(service, balancer);
        }
        for service in Service::ALL {
            for at in 0..EACH {
                replicas.ready(service, at).await;
            }
        }
        replicas
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    /// How many processes were started in all.
    pub fn starts(&self) -> usize {
        self.starts
    }

    /// Stops this replica of each, as a cluster does, starts it anew, and waits until it is ready.
    pub async fn restart(&mut self, services: [Service; 2], at: usize) {
        let [mut first, mut second] = services.map(|service| {
            let daemon = self.daemons.remove(&(service, at));
            daemon.expect("a running replica")
        });
        tokio::join!(first.stop(), second.stop());
        for (service, mut daemon) in services.into_iter().zip([first, second]) {
            let log = std::fs::read_to_string(&daemon.spec().log).unwrap();
            assert!(
                log.trim_end().ends_with("stopped"),
                "{service} did not end by itself:\n{}",
                daemon.last_words()
            );
            daemon.launch().unwrap();
            self.starts += 1;
            self.daemons.insert((service, at), daemon);
        }
        for service in services {
            self.ready(service, at).await;
        }
    }

    pub async fn stop(self) {
        let mut stopping = tokio::task::JoinSet::new();
        for (_, mut daemon) in self.daemons {
            stopping.spawn(async move { daemon.stop().await });
        }
        stopping.join_all().await;
        drop(self.balancers);
        self.world.stop().await;
    }

    async fn ready(&self, service: Service, at: usize) {
        let balancer = &self.balancers[&service];
        eventually_within(PATIENCE, || async { balancer.is_ready(at) }).await;
    }
}

fn spec(stack: &Stack, service: Service, at: usize, api: u16, admin: u16) -> Spec {
    let mut env = stack.env(service);
    for (name, port) in [
        ("SUPPORTDESK_LISTEN", api),
        ("SUPPORTDESK_ADMIN_LISTEN", admin),
    ] {
        env.insert(name.to_owned(), format!("127.0.0.1:{port}"));
    }
    let name = format!("{service}-{at}");
    let folder = &stack.plan().folder;
    Spec {
        program: stack.program(service),
        args: vec!["serve".into()],
        env: env.into_iter().collect(),
        account: Account::Me,
        log: folder.join("logs").join(format!("{name}.log")),
        pid_file: folder.join("run").join(format!("{name}.pid")),
        name,
        stop: Signal::Term,
        abandon: Signal::Kill,
        patience: Duration::from_secs(30),
    }
}
