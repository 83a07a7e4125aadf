//! What an alert goes by moves while something is wrong, and comes back.

use std::time::Duration;

use desk_testkit::eventually_within;
use e2e::World;
use serde_json::json;
use xtask::service::Service;

use super::metrics::{series, shown};

/// The server is asked every five seconds.
const PATIENCE: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lag_of_a_consumer_that_is_down_is_seen() {
    let mut world = World::start("lag").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let lag = async |world: &World| {
        let all = series(&shown(world, Service::Ticket).await);
        all.get(r#"bus_durable_pending{durable="reporting"}"#)
            .copied()
    };
    eventually_within(PATIENCE, || async { lag(&world).await == Some(0.0) }).await;
    world.stack.kill(Service::Reporting).await;
    for _ in 0..20 {
        let ticket = json!({
            "customer_name": "Tunde", "customer_email": "tunde@mail.test",
            "subject": "S", "description": "D", "priority": "high",
        });
        let shop = world.key(&project.key);
        shop.post("/external/tickets", ticket).await.expect(201);
    }
    eventually_within(PATIENCE, || async {
        lag(&world).await.is_some_and(|lag| lag >= 20.0)
    })
    .await;
    world.stack.restart(Service::Reporting).await.unwrap();
    eventually_within(PATIENCE, || async { lag(&world).await == Some(0.0) }).await;
    world.stop().await;
}
