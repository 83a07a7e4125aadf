//! A deployment under load: two replicas of every service, each process restarted in turn, and
//! nobody outside notices.

mod balancer;
mod replicas;
mod traffic;

use e2e::truth::settled;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_are_restarted_in_turn_without_a_failed_request() {
    let mut replicas = Replicas::start("rolling").await;
    let traffic = Traffic::of(replicas.world()).await;
    let working = traffic.start();
    for services in TURNS {
        for at in 0..replicas::EACH {
            let before = traffic.answers();
            replicas.restart(services, at).await;
            assert!(traffic.answers() > before, "nobody was answered meanwhile");
        }
    }
    traffic.stop();
    working.join_all().await;

    let failures = traffic.failures();
    assert!(
        failures.is_empty(),
        "{} of {} requests failed:\n{}",
        failures.len(),
        traffic.answers(),
        failures.join("\n")
    );
    assert_eq!(replicas.starts(), 4 * Service::ALL.len());
    // Whatever was handed from one replica to the other arrived.
    let world = replicas.world();
    settled(world).await;
    let filed = world
        .sql(Service::Ticket, "select count(*) from tickets")
        .await;
    assert_eq!(filed, traffic.filed().to_string());
    let kept = "select count(*) from tickets";
    assert_eq!(world.sql(Service::Reporting, kept).await, filed);
    replicas.stop().await;
}
