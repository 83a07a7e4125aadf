//! NATS or PostgreSQL away for a while: nothing is lost, nobody is blamed.

use desk_bus::{Bus, BusSettings};

use crate::{
    desk::{Desk, count, eventually, nats_url, pool},
    ledger::Ledger,
    proxy::Proxy,
};

async fn bus_through(desk: &Desk, proxy: &Proxy) -> Bus {
    let settings = BusSettings {
        nats_url: proxy.url(&nats_url()).into(),
        ..desk.settings.clone()
    };
    Bus::connect(&settings, "tester").await.unwrap()
}

#[tokio::test]
async fn a_service_starts_without_nats_and_its_events_wait() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    let proxy = Proxy::to(&nats_url()).await;
    proxy.shut();
    let bus = bus_through(&desk, &proxy).await;
    bus.relay(desk.pool.clone(), desk.stop.clone());
    bus.consume(desk.pool.clone(), ledger, desk.stop.clone());
    desk.say(&[count(1, 1, 1)]).await;
    assert!(!bus.is_connected());
    assert_eq!(desk.pending().await, 1);

    proxy.reopen();
    eventually("it arrives", async || {
        Ledger::entry(&desk.pool, 1).await.is_some()
    })
    .await;
}

#[tokio::test]
async fn events_said_while_nats_is_away_arrive_afterwards_in_order() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    let proxy = Proxy::to(&nats_url()).await;
    let bus = bus_through(&desk, &proxy).await;
    bus.relay(desk.pool.clone(), desk.stop.clone());
    bus.consume(desk.pool.clone(), ledger, desk.stop.clone());
    desk.say(&[count(1, 1, 1)]).await;
    eventually("the first arrives", async || {
        Ledger::entry(&desk.pool, 1).await.is_some()
    })
    .await;

    proxy.shut();
    eventually("the bus is away", async || !bus.is_connected()).await;
    for sequence in 2..=50 {
        desk.say(&[count(1, sequence, sequence)]).await;
    }
    assert_eq!(desk.pending().await, 49);
    proxy.reopen();
    eventually("all arrive", async || {
        Ledger::entry(&desk.pool, 1)
            .await
            .is_some_and(|(sequence, ..)| sequence == 50)
    })
    .await;
    let mut arrivals = Ledger::arrivals(&desk.pool, 1).await;
    arrivals.dedup();
    assert_eq!(arrivals, (1..=50).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_that_is_wiped_while_running_is_made_anew() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    for round in 1..=3 {
        desk.say(&[count(1, round, round)]).await;
        eventually("it arrives", async || {
            Ledger::entry(&desk.pool, 1)
                .await
                .is_some_and(|(sequence, ..)| sequence == round)
        })
        .await;
        desk.jetstream()
            .delete_stream(desk.bus.stream_name())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_durable_that_is_gone_is_made_anew() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    desk.say(&[count(1, 1, 1)]).await;
    eventually("it arrives", async || {
        Ledger::entry(&desk.pool, 1).await.is_some()
    })
    .await;
    let stream = desk
        .jetstream()
        .get_stream(desk.bus.stream_name())
        .await
        .unwrap();
    stream.delete_consumer("ledger").await.unwrap();
    desk.say(&[count(1, 2, 2)]).await;
    eventually("the next arrives", async || {
        Ledger::entry(&desk.pool, 1)
            .await
            .is_some_and(|(sequence, ..)| sequence == 2)
    })
    .await;
    // The new durable began with the first event again: no harm.
    assert_eq!(Ledger::entry(&desk.pool, 1).await, Some((2, 2, 2)));
}

#[tokio::test]
async fn a_database_that_is_away_is_never_the_events_fault() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    let proxy = Proxy::to(&desk.database_url).await;
    let through = pool(&proxy.url(&desk.database_url)).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.bus
        .consume(through.clone(), ledger.clone(), desk.stop.clone());
    desk.say(&[count(1, 1, 1)]).await;
    eventually("it arrives", async || {
        Ledger::entry(&desk.pool, 1).await.is_some()
    })
    .await;

    proxy.shut();
    let before = ledger.waiting.load(std::sync::atomic::Ordering::SeqCst);
    desk.say(&[count(1, 2, 2), count(2, 1, 1)]).await;
    desk.published().await;
    eventually("the pool is empty", async || through.size() == 0).await;
    assert_eq!(
        ledger.waiting.load(std::sync::atomic::Ordering::SeqCst),
        before
    );
    assert_eq!(Ledger::entry(&desk.pool, 2).await, None);
    proxy.reopen();
    eventually("both arrive", async || {
        Ledger::entry(&desk.pool, 2).await.is_some()
            && Ledger::entry(&desk.pool, 1).await == Some((2, 2, 2))
    })
    .await;
    assert_eq!(desk.number("select count(*) from dead_letters").await, 0);
}

#[tokio::test]
async fn a_stopped_consumer_hands_back_what_it_had_in_advance() {
    let desk = Desk::open().await;
    let ledger = Ledger::new(&desk).await;
    let mut slow = ledger.clone();
    slow.gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    slow.waiting = std::sync::Arc::default();
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    let first_stop = desk.stop.child_token();
    let first = desk
        .bus
        .consume(desk.pool.clone(), slow.clone(), first_stop.clone());
    desk.say(&(1..=600).map(|n| count(n, 1, n)).collect::<Vec<_>>())
        .await;
    eventually("the first has a batch in hand", async || {
        slow.waiting.load(std::sync::atomic::Ordering::SeqCst) == 1
    })
    .await;
    first_stop.cancel();
    slow.gate.add_permits(1_000);
    first.await.unwrap();

    // Sooner than the acknowledgement's time would run out.
    desk.another_bus()
        .await
        .consume(desk.pool.clone(), ledger, desk.stop.clone());
    eventually("the second has all", async || {
        desk.number("select count(*) from ledger").await == 600
    })
    .await;
}
