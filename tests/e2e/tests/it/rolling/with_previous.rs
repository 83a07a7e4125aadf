//! From the release before to this one, and back: the same databases and the same stream, and nobody
//! outside notices.

use std::{env, mem, path::PathBuf, time::Duration};

use desk_testkit::eventually_within;
use e2e::World;
use xtask::service::Service;

use super::{assert_all_arrived, one_after_another, replicas::Replicas, roll, traffic::Traffic};

/// Requests between two steps.
const A_WHILE: usize = 100;
const PATIENCE: Duration = Duration::from_mins(1);

async fn serve_a_while(traffic: &Traffic) {
    let enough = traffic.answers() + A_WHILE;
    eventually_within(PATIENCE, || async { traffic.answers() >= enough }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the programs of the release before: `cargo xtask upgrade-test` builds them"]
async fn a_release_follows_the_one_before_and_gives_way_to_it() {
    let previous = env::var_os("SUPPORTDESK_TEST_PREVIOUS").expect("the folder of its programs");
    let previous = PathBuf::from(previous);
    let mut plan = World::plan("upgrade");
    let ours = mem::replace(&mut plan.binaries, previous.clone());
    let mut replicas = Replicas::start(plan).await;
    let traffic = Traffic::of(replicas.world()).await;
    let working = traffic.start();
    serve_a_while(&traffic).await;

    // The new schema comes first, while the old programs serve, and go on.
    replicas.plan().binaries = ours.clone();
    replicas.world().stack.migrate().await.unwrap();
    serve_a_while(&traffic).await;
    one_after_another(&mut replicas, &traffic).await;
    serve_a_while(&traffic).await;

    // Back, on the schema that is there, and on again.
    replicas.plan().binaries = previous;
    roll(&mut replicas, &Service::ALL, &traffic).await;
    serve_a_while(&traffic).await;
    replicas.plan().binaries = ours;
    roll(&mut replicas, &Service::ALL, &traffic).await;
    traffic.end(working).await;

    let world = replicas.world();
    assert_all_arrived(world, &traffic).await;
    for (service, _) in Service::with_database() {
        assert!(world.run(service, &["reconcile"]).await, "{service}");
        let letters = world.sql(service, "select count(*) from dead_letters");
        assert_eq!(letters.await, "0", "dead letters of {service}");
    }
    for service in [Service::Reporting, Service::SlaWorker] {
        assert!(world.run(service, &["verify"]).await, "{service}");
    }
    replicas.stop().await;
}
