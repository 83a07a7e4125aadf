//! A deployment under load: two replicas of every service, each process restarted in turn, and
//! nobody outside notices.

mod balancer;
mod replicas;
mod rotation;
mod traffic;
mod with_previous;

use e2e::{World, truth::settled};
use replicas::Replicas;
use traffic::Traffic;
use xtask::service::Service;

/// Restarted together: a door and what lies behind it, so that calls between two processes that
/// both leave are among those that must not fail.
const TURNS: [[Service; 2]; 4] = [
    [Service::Gateway, Service::Ticket],
    [Service::ExternalGateway, Service::Project],
    [Service::Auth, Service::Reporting],
    [Service::Notifier, Service::SlaWorker],
];

/// Restarts one process of two services after the other, everybody being served meanwhile.
async fn one_after_another(replicas: &mut Replicas, traffic: &Traffic) {
    for services in TURNS {
        roll(replicas, &services, traffic).await;
    }
}

/// Restarts these services, first their one replica and then the other.
async fn roll(replicas: &mut Replicas, services: &[Service], traffic: &Traffic) {
    for at in 0..replicas::EACH {
        let before = traffic.answers();
        replicas.restart(services, at).await;
        assert!(traffic.answers() > before, "nobody was answered meanwhile");
    }
}

/// Whatever was handed from one process to another arrived.
async fn assert_all_arrived(world: &World, traffic: &Traffic) {
    settled(world).await;
    let kept = "select count(*) from tickets";
    let filed = world.sql(Service::Ticket, kept).await;
    assert_eq!(filed, traffic.filed().to_string());
    assert_eq!(world.sql(Service::Reporting, kept).await, filed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_are_restarted_in_turn_without_a_failed_request() {
    let mut replicas = Replicas::start(World::plan("rolling")).await;
    let traffic = Traffic::of(replicas.world()).await;
    let working = traffic.start();
    one_after_another(&mut replicas, &traffic).await;
    traffic.end(working).await;
    assert_eq!(replicas.starts(), 4 * Service::ALL.len());
    assert_all_arrived(replicas.world(), &traffic).await;
    replicas.stop().await;
}
