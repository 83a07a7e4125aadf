//! What somebody hostile sends: each of it is answered in the envelope or its connection closed,
//! no process grows by it, and everybody else goes on being served meanwhile.
//!
//! - [`wire`]: requests as bytes, from an address of the attacker's own;
//! - `shapes`: heads that two readers could read differently, and what is no request at all;
//! - `slow`: heads and bodies that come a byte at a time, and more connections than one may have;
//! - `bodies`: bodies that are small to send and large to read;
//! - `browsers`: what a browser could be made to do;
//! - `guessing`: passwords and keys that are tried out;
//! - [`bystanders`]: who is served meanwhile, and how large the processes got.

mod bodies;
mod browsers;
mod bystanders;
mod guessing;
mod shapes;
mod slow;
mod wire;

use e2e::{Person, Project, World};
use xtask::{service::Service, stack::Plan};

use bystanders::{Bystanders, Sizes};

/// Connections that one address may have in these tests.
const CONNECTIONS: usize = 200;

/// A desk with a project and somebody of each kind.
struct Scene {
    world: World,
    admin: Person,
    customer: Person,
    project: Project,
}

impl Scene {
    async fn set(plan: Plan) -> Self {
        let world = World::from_plan(plan).await;
        let admin = world.super_admin().await;
        let project = world.project(&admin, "Shop").await;
        let customer = world.person(&admin, "customer", "carol@desk.test").await;
        Self {
            world,
            admin,
            customer,
            project,
        }
    }

    /// Where the gateway listens.
    fn gateway(&self) -> String {
        self.world.origin().replace("http://", "")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_kept_from_the_desk_and_no_process_grows() {
    let most = CONNECTIONS.to_string();
    let plan = World::plan("attacks")
        .with(Service::Gateway, "SUPPORTDESK_EDGE_CONNECTIONS", &most)
        .with(Service::Gateway, "SUPPORTDESK_IDLE_SECONDS", "20");
    let scene = Scene::set(plan).await;
    // What every process has touched once is no growth.
    bodies::are_refused(&scene).await;
    let before = Sizes::now(&scene.world);
    let bystanders = Bystanders::come(&scene);

    tokio::join!(
        slow::heads_are_closed(&scene),
        slow::bodies_are_refused(&scene),
        async {
            shapes::are_read_one_way(&scene).await;
            shapes::are_closed_or_refused(&scene).await;
            browsers::get_nothing_extra(&scene).await;
            bodies::are_refused(&scene).await;
            bodies::at_once(&scene).await;
        }
    );

    bystanders.were_served().await;
    before.have_hardly_grown(&scene.world);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_limited_and_its_victim_is_not_locked_out() {
    let plan = guessing::plan();
    let scene = Scene::set(plan).await;
    guessing::passwords(&scene).await;
    guessing::keys(&scene).await;
    scene.world.stop().await;
}
