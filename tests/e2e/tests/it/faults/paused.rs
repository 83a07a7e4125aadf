//! A process that stood still is not a process that died: when it goes on, the world around it
//! has given up on it and tried again.

use std::{sync::atomic::Ordering, time::Duration};

use desk_testkit::eventually_within;
use e2e::{World, load::Load, truth};
use xtask::{pids::Signal, service::Service};

const TICKETS: u32 = 120;
const PATIENCE: Duration = Duration::from_mins(1);

/// Longer than doors wait, than anybody waits for a connection, and than what keeps one alive.
const PAUSE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_process_comes_back_without_a_double() {
    let mut plan = World::plan("paused");
    for door in [Service::Gateway, Service::ExternalGateway] {
        plan = plan.with(door, "SUPPORTDESK_UPSTREAM_SECONDS", "2");
    }
    let world = World::from_plan(plan).await;
    let load = Load::of(&world).await;
    let done = load.done();
    let clients = load.start(TICKETS);
    eventually_within(PATIENCE, || async {
        done.writes.load(Ordering::Relaxed) >= TICKETS / 4
    })
    .await;

    let before = done.retries.load(Ordering::Relaxed);
    for service in [Service::Ticket, Service::Reporting] {
        world.stack.signal(service, Signal::Stop);
    }
    tokio::time::sleep(PAUSE).await;
    // Every client was given up on, twice and more.
    assert!(done.retries.load(Ordering::Relaxed) >= before + 16);
    for service in [Service::Ticket, Service::Reporting] {
        world.stack.signal(service, Signal::Cont);
    }

    clients.join_all().await;
    truth::settled(&world).await;
    truth::whole(&world, done).await.unwrap();
    truth::in_order(&world, None).await.unwrap();
    truth::no_leaked_transaction(&world).unwrap();
    world.stop().await;
}
