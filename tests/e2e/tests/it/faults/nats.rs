//! The bus is away, and comes back with an empty disk.

use std::{fs, path::PathBuf, time::Duration};

use desk_testkit::{eventually, eventually_within};
use e2e::World;
use serde_json::json;
use xtask::{
    nats::{Server, Settings},
    paths::Local,
    service::Service,
    stack::Plan,
};

use super::{
    load::Load,
    truth::{assert_whole, settled},
};

/// Logout is asked for by HTTP twice a second; the rest is room for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A NATS server of the test's own.
struct Nats {
    folder: PathBuf,
    port: u16,
    server: Server,
}

impl Nats {
    /// Starts it in the plan's folder, and has the plan use it.
    async fn of(plan: &mut Plan) -> Self {
        let folder = plan.folder.clone();
        for part in ["logs", "run"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        let port = xtask::ports::free(1).unwrap()[0];
        let server = start(&folder, port).await;
        server.url().clone_into(&mut plan.nats);
        Self {
            folder,
            port,
            server,
        }
    }

    async fn stop(&mut self) {
        self.server.daemon().kill().await;
    }

    /// What it knew is gone.
    fn wipe(&self) {
        fs::remove_dir_all(self.folder.join("nats/data")).unwrap();
    }

    async fn start(&mut self) {
        self.server = start(&self.folder, self.port).await;
    }
}

async fn start(folder: &std::path::Path, port: u16) -> Server {
    let local = Local::of_checkout().unwrap();
    let settings = Settings {
        folder,
        tools: &local.tools(),
        port,
        password: "nats",
        durable: false,
    };
    Server::start(&settings).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_works_without_the_bus_and_catches_up() {
    let mut plan = World::plan("nats");
    let mut nats = Nats::of(&mut plan).await;
    let world = World::from_plan(plan).await;
    let load = Load::of(&world).await;
    load.start(20).join_all().await;
    settled(&world).await;

    nats.stop().await;
    load.start(20).join_all().await;
    let me = world.login("alice@desk.test", "password").await;
    me.post("/auth/logout", json!({})).await.expect(200);
    eventually_within(AT_ONCE, || async { me.get("/auth/me").await.status == 401 }).await;
    assert_eq!(heard_of(&world).await, 20, "without a bus nobody hears");

    nats.start().await;
    eventually(|| async { heard_of(&world).await == 40 }).await;
    settled(&world).await;
    assert_whole(&world, load.done()).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_that_lost_its_data_serves_again() {
    let mut plan = World::plan("wiped");
    let mut nats = Nats::of(&mut plan).await;
    let world = World::from_plan(plan).await;
    let load = Load::of(&world).await;
    load.start(20).join_all().await;
    settled(&world).await;

    let working = load.start(100);
    nats.stop().await;
    nats.wipe();
    nats.start().await;
    working.join_all().await;
    // Whatever is said from now on arrives, though stream and durables had to be made anew.
    let before = load.done().tickets.lock().unwrap().clone();
    load.start(20).join_all().await;
    let after = load.done().tickets.lock().unwrap().clone();
    for id in after
        .iter()
        .filter(|(number, _)| !before.contains_key(*number))
        .map(|(_, id)| id)
    {
        let path = format!("/internal/tickets/{id}");
        eventually(|| async {
            let known = world.internal(Service::Reporting, &path).await;
            known.status == 200
        })
        .await;
    }
    world.stop().await;
}

/// How many tickets reporting knows.
async fn heard_of(world: &World) -> usize {
    let known = world
        .sql(Service::Reporting, "select count(*) from tickets")
        .await;
    known.parse().unwrap()
}
