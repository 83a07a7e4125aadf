//! Two processes of every service, each service behind a balancer of its own.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use desk_testkit::eventually_within;
use e2e::World;
use tokio::task::JoinSet;
use xtask::{
    account::Account,
    daemon::{Daemon, Spec},
    pids::Signal,
    ports::{self, Pair},
    service::Service,
    stack::{Plan, Stack},
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
    daemons: BTreeMap<(Service, usize), (Pair, Daemon)>,
    balancers: BTreeMap<Service, Balancer>,
    starts: usize,
}

impl Replicas {
    pub async fn start(mut plan: Plan) -> Self {
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
                let pair = Pair {
                    api: free.next().unwrap(),
                    admin: free.next().unwrap(),
                };
                replicas.launch(service, at, pair);
                behind.push(Replica {
                    api: (Ipv4Addr::LOCALHOST, pair.api).into(),
                    readyz: format!("http://127.0.0.1:{}/readyz", pair.admin),
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

    /// What every process goes by from its next start on.
    pub fn plan(&mut self) -> &mut Plan {
        self.world.stack.plan_mut()
    }

    /// Stops this replica of each, as a cluster does, starts it anew, and waits until it is ready.
    pub async fn restart(&mut self, services: &[Service], at: usize) {
        let mut stopping = JoinSet::new();
        for service in services {
            let (pair, mut daemon) = self.daemons.remove(&(*service, at)).unwrap();
            let service = *service;
            stopping.spawn(async move {
                daemon.stop().await;
                (service, pair, daemon)
            });
        }
        for (service, pair, daemon) in stopping.join_all().await {
            let log = std::fs::read_to_string(&daemon.spec().log).unwrap();
            assert!(
                log.trim_end().ends_with("stopped"),
                "{service} did not end by itself:\n{}",
                daemon.last_words()
            );
            self.launch(service, at, pair);
        }
        for service in services {
            self.ready(*service, at).await;
        }
    }

    fn launch(&mut self, service: Service, at: usize, pair: Pair) {
        let spec = spec(&self.world.stack, service, at, pair);
        let daemon = Daemon::start(spec).unwrap();
        self.daemons.insert((service, at), (pair, daemon));
        self.starts += 1;
    }

    pub async fn stop(self) {
        let mut stopping = JoinSet::new();
        for (_, (_, mut daemon)) in self.daemons {
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

fn spec(stack: &Stack, service: Service, at: usize, pair: Pair) -> Spec {
    let mut env = stack.env(service);
    for (name, port) in [
        ("SUPPORTDESK_LISTEN", pair.api),
        ("SUPPORTDESK_ADMIN_LISTEN", pair.admin),
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
