//! Those who only read are killed while tickets come: what they keep is the truth in the end.

use std::{sync::atomic::Ordering, time::Duration};

use desk_testkit::eventually_within;
use e2e::World;
use xtask::service::Service;

use super::{load::Load, truth::settled};
use crate::rebuild::run;

const TICKETS: u32 = 240;
/// How often each dies.
const DEATHS: u32 = 4;
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_and_deadlines_are_the_truth_after_kills() {
    let mut world = World::start("readers").await;
    let load = Load::of(&world).await;
    let clients = load.start(TICKETS);
    for death in 1..=DEATHS {
        let written = TICKETS * death / (DEATHS + 1);
        eventually_within(PATIENCE, || async {
            load.done().writes.load(Ordering::Relaxed) >= written
        })
        .await;
        for service in [Service::Reporting, Service::SlaWorker] {
            world.stack.kill(service).await;
            world.stack.restart(service).await.unwrap();
        }
    }
    clients.join_all().await;
    settled(&world).await;
    for service in [Service::Reporting, Service::SlaWorker] {
        assert!(run(&world, service, &["verify"]).await, "{service}");
    }
    world.stop().await;
}
