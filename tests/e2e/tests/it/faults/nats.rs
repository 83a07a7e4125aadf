//! The bus is away, and comes back with an empty disk.

use std::{sync::atomic::Ordering, time::Duration};

use desk_testkit::{eventually, eventually_within};
use e2e::{
    World,
    load::Load,
    nats::Nats,
    stream::is_published,
    truth::{settled, whole},
    wire::{assert_ready, to_bus},
};
use serde_json::json;
use xtask::service::Service;

/// A second, as promised, and a quarter for a busy machine.
const AT_ONCE: Duration = Duration::from_millis(1_250);

/// How long consumers may take to notice, compare and catch up.
const WHOLE: Duration = Duration::from_secs(90);

const MAILS: &str = "select count(*) from deliveries where kind = 'reply' and user_id is null";
/// Those who wrote and have no account yet: auth has not heard of them, or ticket not of it.
const STRANGERS: &str = "select count(*) from requesters where user_id is null";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_works_without_the_bus_and_catches_up() {
    let mut plan = World::plan("nats");
    let mut nats = Nats::of(&mut plan, false).await;
    let world = World::from_plan(plan).await;
    let load = Load::of(&world).await;
    load.start(20).join_all().await;
    settled(&world).await;

    nats.kill().await;
    load.start(20).join_all().await;
    let me = world.login("alice@desk.test", "password").await;
    me.post("/auth/logout", json!({})).await.expect(200);
    eventually_within(AT_ONCE, || async { me.get("/auth/me").await.status == 401 }).await;
    assert_eq!(heard_of(&world).await, 20, "without a bus nobody hears");
    assert_ready(&world, Service::Ticket, "bus_connected 0").await;

    nats.start().await;
    eventually(|| async { heard_of(&world).await == 40 }).await;
    settled(&world).await;
    whole(&world, load.done()).await.unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_that_loses_its_data_costs_nobody_anything() {
    let mut plan = World::plan("wiped");
    let mut nats = Nats::of(&mut plan, false).await;
    let (plan, mut wire) = to_bus(plan, Service::Reporting).await;
    let mut world = World::from_plan(plan).await;
    let load = Load::of(&world).await;
    load.start(20).join_all().await;
    settled(&world).await;

    // What these would have heard is published, and nobody but the bus has it: one lives and is
    // cut off, the others are not there.
    wire.cut().await;
    let away = [Service::SlaWorker, Service::Notifier];
    for service in away {
        world.stack.kill(service).await;
    }
    load.start(20).join_all().await;
    eventually(|| is_published(&world)).await;

    let written = load.done().writes.load(Ordering::Relaxed);
    let working = load.start(100);
    eventually(|| async { load.done().writes.load(Ordering::Relaxed) > written + 40 }).await;
    nats.kill().await;
    nats.wipe();
    nats.start().await;
    wire.mend().await;
    working.join_all().await;
    // Each finds out by itself, and not by what another had said again.
    eventually_within(WHOLE, || agrees(&world, Service::Reporting)).await;
    for service in away {
        world.stack.restart(service).await.unwrap();
    }
    eventually_within(WHOLE, || async {
        let answers = load.done().answers.count().to_string();
        agrees(&world, Service::SlaWorker).await
            && world.sql(Service::Notifier, MAILS).await == answers
            && world.sql(Service::Ticket, STRANGERS).await == "0"
    })
    .await;
    settled(&world).await;
    whole(&world, load.done()).await.unwrap();
    for service in [Service::Reporting, Service::SlaWorker] {
        assert!(world.run(service, &["verify"]).await, "{service}");
    }
    world.stop().await;
}

/// Whether who copies tickets has all of them, each as it is now.
async fn agrees(world: &World, service: Service) -> bool {
    let truth = "select id, version from tickets order by id";
    let copy = "select id, sequence from tickets order by id";
    world.sql(service, copy).await == world.sql(Service::Ticket, truth).await
}

/// How many tickets reporting knows.
async fn heard_of(world: &World) -> usize {
    let known = world
        .sql(Service::Reporting, "select count(*) from tickets")
        .await;
    known.parse().unwrap()
}
