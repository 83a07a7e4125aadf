//! Those who only read are killed in the middle of twelve thousand tickets, again and again: what
//! they keep is the truth in the end.

use std::{str::FromStr as _, time::Duration};

use desk_testkit::eventually_within;
use e2e::{World, load::Load, points::Points, truth::settled};
use fill::{Wanted, fill};
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};
use xtask::{pids::Signal, service::Service};

use crate::rebuild::assert_true;

/// Tickets that are there at once, with an event each: so many that whoever goes on until it is held
/// has not got to the next death yet.
const FILLED: u64 = 11_400;
/// Tickets that live meanwhile, through the gateway.
const LIVING: u32 = 600;
const ALL: u64 = FILLED + LIVING as u64;
const PATIENCE: Duration = Duration::from_mins(1);

const READERS: [Service; 2] = [Service::Reporting, Service::SlaWorker];

/// How somebody is held, to be killed in the middle of it.
#[derive(Clone, Copy, Debug)]
enum Held {
    /// Wherever it is.
    Anywhere,
    /// At a fail point, with a batch in its hands.
    At(&'static str),
}

/// Each reader's deaths. What one had in its hands comes again half a minute later.
const DEATHS: [Held; 5] = [
    Held::At("batch-commit"),
    Held::Anywhere,
    Held::At("batch-committed"),
    Held::Anywhere,
    Held::At("batch-commit"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_and_deadlines_are_the_truth_after_kills() {
    let points = Points::new("readers");
    let mut plan = World::plan("readers");
    plan.common
        .insert("SUPPORTDESK_FAILPOINTS".into(), points.folder());
    let mut world = World::from_plan(plan).await;
    let load = Load::of(&world).await;
    file(&world).await;
    let clients = load.start(LIVING);

    let mut before = [0; READERS.len()];
    for (step, death) in (1..).zip(DEATHS) {
        let mark = ALL * step / (DEATHS.len() as u64 + 1);
        let hold = async |service, before| {
            eventually_within(PATIENCE, || async {
                let applied = applied(&world, service).await;
                applied >= mark && applied > before
            })
            .await;
            hold(&world, &points, service, death).await;
        };
        // Whoever is first waits there for the other, and cannot get to the end.
        tokio::join!(hold(READERS[0], before[0]), hold(READERS[1], before[1]));
        for (service, before) in READERS.into_iter().zip(&mut before) {
            world.stack.kill(service).await;
            let applied = applied(&world, service).await;
            assert!(
                *before < applied && applied < ALL,
                "{death:?} of {service} at {applied} after {before}"
            );
            *before = applied;
        }
        for service in READERS {
            world.stack.restart(service).await.unwrap();
        }
    }
    clients.join_all().await;
    settled(&world).await;
    for service in READERS {
        assert_eq!(applied(&world, service).await, ALL, "{service}");
        assert!(world.run(service, &["verify"]).await, "{service}");
        let letters = world.sql(service, "select count(*) from dead_letters");
        assert_eq!(letters.await, "0", "dead letters of {service}");
    }
    assert_true(&world, &world.super_admin().await).await;
    world.stop().await;
}

/// Tickets that are in ticket's database all at once, and their events in the relay's queue.
async fn file(world: &World) {
    let plan = world.stack.plan();
    let database = format!("{}ticket", plan.database_prefix);
    let options = PgConnectOptions::from_str(&plan.postgres).unwrap();
    let mut connection = options.database(&database).connect().await.unwrap();
    fill::heard_of(&mut connection, 1).await.unwrap();
    let wanted = Wanted {
        tickets: FILLED,
        seed: 11,
        events: true,
    };
    fill(&mut connection, wanted, |_| {}).await.unwrap();
    connection.close().await.unwrap();
}

/// How many tickets it knows.
async fn applied(world: &World, service: Service) -> u64 {
    let known = world.sql(service, "select count(*) from tickets");
    known.await.parse().unwrap()
}

/// From now on it gets no further.
async fn hold(world: &World, points: &Points, service: Service, how: Held) {
    match how {
        Held::Anywhere => world.stack.signal(service, Signal::Stop),
        Held::At(point) => {
            points.arm(service, point);
            eventually_within(PATIENCE, || async { points.is_reached(service, point) }).await;
        }
    }
}
