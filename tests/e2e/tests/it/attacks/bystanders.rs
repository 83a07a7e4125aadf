//! Who is served while somebody attacks, and what the attack costs in memory.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use e2e::World;
use tokio::task::JoinHandle;
use xtask::service::Service;

use super::Scene;

/// How long an answer may take on a busy machine that is attacked besides.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a process may take more than before. Buffers of connections come to a third of it; what
/// an attack wants is hundreds.
const GROWTH: u64 = 64 * 1024 * 1024;

/// A customer and an external project who want nothing but to be served.
pub struct Bystanders {
    task: JoinHandle<(usize, Duration)>,
    enough: Arc<AtomicBool>,
}

impl Bystanders {
    pub fn come(scene: &Scene) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let customer = scene.customer.clone();
        let shop = scene.world.key(&scene.project.key);
        let done = Arc::clone(&enough);
        let task = tokio::spawn(async move {
            let (mut count, mut longest) = (0, Duration::ZERO);
            while !done.load(Ordering::Relaxed) {
                for (who, path) in [(&customer, "/tickets"), (&shop, "/external/ping")] {
                    let began = Instant::now();
                    who.get(path).await.expect(200);
                    longest = longest.max(began.elapsed());
                    count += 1;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            (count, longest)
        });
        Self { task, enough }
    }

    pub async fn were_served(self) {
        self.enough.store(true, Ordering::Relaxed);
        let (count, longest) = self.task.await.unwrap();
        assert!(count > 50, "only {count} calls");
        assert!(longest < PATIENCE, "one of {count} calls took {longest:?}");
        println!("{count} calls of others, the longest {longest:?}");
    }
}

/// How large the processes are that an attacker reaches.
pub struct Sizes(Vec<(Service, u64)>);

const REACHED: [Service; 4] = [
    Service::Gateway,
    Service::ExternalGateway,
    Service::Auth,
    Service::Ticket,
];

impl Sizes {
    pub fn now(world: &World) -> Self {
        Self(
            REACHED
                .map(|service| (service, peak(world, service)))
                .into(),
        )
    }

    pub fn have_hardly_grown(&self, world: &World) {
        for (service, before) in &self.0 {
            let grown = peak(world, *service).saturating_sub(*before);
            println!(
                "{service}: {} KiB, and {} more",
                before / 1024,
                grown / 1024
            );
            assert!(grown < GROWTH, "{service} grew by {grown} bytes");
        }
    }
}

/// The most memory that a process ever had, in bytes.
fn peak(world: &World, service: Service) -> u64 {
    let pid = world.stack.pid(service).unwrap();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}
