//! Processes that are killed, at any time and at the worst time.

use std::{env, sync::atomic::Ordering, time::Duration};

use desk_testkit::eventually_within;
use e2e::{World, load::Load, points::Points, truth};
use xtask::service::Service;

/// Enough to have somebody at work at every death, on a slow machine and in a debug build, too;
/// the setting takes another number.
const TICKETS: u32 = 1_000;
const TICKETS_SETTING: &str = "SUPPORTDESK_TEST_TICKETS";

const SEED: u64 = 10;
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a process is when it dies.
#[derive(Clone, Copy, Debug)]
enum At {
    /// Anywhere.
    Once,
    /// At a fail point.
    Point(&'static str),
}

/// Who dies where.
type Death = (Service, At);

/// Every service has its worst moments: before a commit, between a commit and what follows it,
/// in the middle of a batch for the stream, between the stream's word and the note of it.
const DEATHS: [(usize, Death); 10] = [
    (8, (Service::Ticket, At::Once)),
    (5, (Service::ExternalGateway, At::Once)),
    (1, (Service::Gateway, At::Once)),
    (2, (Service::Ticket, At::Point("call-commit"))),
    (2, (Service::Ticket, At::Point("call-committed"))),
    (3, (Service::Ticket, At::Point("relay-read"))),
    (2, (Service::Ticket, At::Point("batch-sent"))),
    (3, (Service::Ticket, At::Point("relay-published"))),
    (1, (Service::Reporting, At::Point("batch-commit"))),
    (1, (Service::Reporting, At::Point("batch-committed"))),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_doubled_under_kills() {
    let points = Points::new("kills");
    let mut plan = World::plan("kills");
    plan.common
        .insert("SUPPORTDESK_FAILPOINTS".into(), points.folder());
    let mut world = World::from_plan(plan).await;
    let load = Load::of(&world).await;

    let tickets = env::var(TICKETS_SETTING).map_or(TICKETS, |count| count.parse().unwrap());
    let deaths = shuffled();
    let writes = Load::writes_of(tickets);
    let steps = u32::try_from(deaths.len()).unwrap();
    let mut clients = load.start(tickets);
    for (step, death) in (1..).zip(deaths) {
        // By the work done, not by the clock: each death meets a desk at work.
        let mark = writes * step / (steps + 2);
        eventually_within(PATIENCE, || async {
            load.done().writes.load(Ordering::Relaxed) >= mark
        })
        .await;
        // Shown when the test fails: who was to die last, and where.
        println!("{step} of {steps}: {death:?}");
        kill(&mut world, &points, death).await;
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let done = load.done();
    assert_eq!(done.writes.load(Ordering::Relaxed), writes);
    assert!(
        done.retries.load(Ordering::Relaxed) > steps,
        "nobody noticed"
    );

    truth::settled(&world).await;
    truth::whole(&world, done).await.unwrap();
    let repeats = truth::in_order(&world, None).await.unwrap();
    assert!(repeats > 0, "what was published and not noted comes again");

    // The past is told again, after the newest: nobody may believe it.
    let past = "insert into outbox_pending (seq, day)
                select seq, day from (
                    select seq, day, sequence,
                           max(sequence) over (partition by aggregate_kind, aggregate_id) as last
                    from outbox) as said
                where sequence < last";
    world.sql(Service::Ticket, past).await;
    truth::settled(&world).await;
    truth::consumers_agree(&world, done).await.unwrap();
    assert!(truth::in_order(&world, None).await.unwrap() > repeats);
    truth::no_leaked_transaction(&world).unwrap();
    world.stop().await;
}

async fn kill(world: &mut World, points: &Points, (service, at): Death) {
    if let At::Point(point) = at {
        points.arm(service, point);
        eventually_within(PATIENCE, || async { points.is_reached(service, point) }).await;
    }
    world.stack.kill(service).await;
    world.stack.restart(service).await.unwrap();
}

/// All deaths in an order that is the same in every run. Reporting's come first: what it has in
/// its hands comes again only half a minute later.
fn shuffled() -> Vec<Death> {
    let mut deaths: Vec<Death> = DEATHS
        .into_iter()
        .flat_map(|(count, death)| std::iter::repeat_n(death, count))
        .collect();
    let mut state = SEED;
    for end in (1..deaths.len()).rev() {
        // A linear congruential step; its high bits are good enough to shuffle by.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (end + 1);
        deaths.swap(end, other);
    }
    deaths.sort_by_key(|(service, _)| *service != Service::Reporting);
    deaths
}
