//! No token, password or secret is left where it does not belong: each one that passes is noted,
//! then tables, stream, logs, traces, metrics and answers are searched for it.
//!
//! - [`secrets`]: what was planted, and how it is found again in whatever writing;
//! - [`witness`]: makes the calls, and keeps every answer but for what it is there to hand out;
//! - `accounts`, `keys`, `headers`, `failures`, `settings`: the ways on which secrets pass;
//! - [`places`]: where they could have stayed.

mod accounts;
mod failures;
mod headers;
mod keys;
mod places;
mod secrets;
mod settings;
mod witness;

use e2e::World;
use xtask::service::Service;

use crate::collector::Collector;

use secrets::fresh;
use witness::Witness;

/// Everything that our own code, and what it is built on, has to say.
const TALKATIVE: &str = "debug,async_nats=info,axum=trace,tower_http=trace,auth=trace,\
    project=trace,ticket=trace,reporting=trace,sla_worker=trace,notifier=trace,gateway=trace,\
    external_gateway=trace,desk_bus=trace,desk_http=trace,desk_identity=trace,desk_replica=trace,\
    desk_telemetry=trace";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_stays_behind() {
    let collector = Collector::start().await;
    let mut world = World::from_plan(plan(&collector)).await;
    let mut witness = Witness::default();
    settings::plant(&world, &mut witness.secrets);

    let people = accounts::come_and_go(&world, &mut witness).await;
    let project = keys::come_and_go(&world, &mut witness, &people.root).await;
    headers::are_malformed(&world, &mut witness, &people, &project).await;
    failures::happen(&world, &mut witness, &people, &project).await;
    places::plant_hashes(&world, &mut witness.secrets).await;
    settings::are_malformed(&world, &mut witness);

    let mut places = places::of_running(&world).await;
    world.stack.stop().await;
    places.extend(places::of_stopped(&world, &collector));
    places.extend(witness.answers());
    assert!(places.len() > 100, "only {} places", places.len());
    let leaks = witness.secrets.leaks(&places);
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
    world.stop().await;
}

/// A desk that says all it can, by settings whose every secret is a canary.
fn plan(collector: &Collector) -> xtask::stack::Plan {
    let mut plan = World::plan("canary");
    for (setting, value) in [
        ("SUPPORTDESK_LOG", TALKATIVE),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    ] {
        plan.common.insert(setting.into(), value.into());
    }
    for setting in [
        "SUPPORTDESK_LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS",
        "SUPPORTDESK_LOGIN_FAILURES_PER_ACCOUNT",
        "SUPPORTDESK_LOGIN_FAILURES_PER_ADDRESS",
    ] {
        plan = plan.with(Service::Auth, setting, "10000");
    }
    for door in [Service::Gateway, Service::ExternalGateway] {
        plan = plan.with(door, "SUPPORTDESK_UPSTREAM_SECONDS", "5");
    }
    plan.nats = settings::with_credentials(&plan.nats);
    plan.with(Service::Auth, "SUPPORTDESK_BOOTSTRAP_PASSWORD", &fresh())
}
