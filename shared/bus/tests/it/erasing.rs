//! An aggregate's past goes from the stream, and nothing else does.

use desk_bus::erasure::{self, Past};
use desk_events::AggregateKind;
use futures::StreamExt as _;

use crate::desk::{Desk, count, eventually};

async fn request(desk: &Desk, id: i64, through: i64) {
    let past = Past {
        kind: AggregateKind::ProjectCount,
        id,
        through,
    };
    let mut conn = desk.pool.acquire().await.unwrap();
    erasure::request(&mut conn, &[past]).await.unwrap();
}

async fn done(desk: &Desk) {
    eventually("the erasure is done", async || {
        desk.number("select count(*) from stream_erasures").await == 0
    })
    .await;
}

/// What the stream holds: aggregate and sequence of each message.
async fn held(desk: &Desk) -> Vec<(i64, i64)> {
    let stream = desk.jetstream().get_stream(desk.bus.stream_name()).await;
    let reader = stream
        .unwrap()
        .create_consumer(async_nats::jetstream::consumer::pull::OrderedConfig::default())
        .await
        .unwrap();
    let left = usize::try_from(reader.cached_info().num_pending).unwrap();
    let messages = reader.messages().await.unwrap();
    messages
        .take(left)
        .map(|message| {
            let event = desk_events::Event::decode(&message.unwrap().payload).unwrap();
            (event.aggregate.id, event.sequence)
        })
        .collect()
        .await
}

#[tokio::test]
async fn an_aggregates_past_goes_and_the_rest_stays() {
    let desk = Desk::open().await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    for sequence in 1..=3 {
        desk.say(&[count(1, sequence, 5), count(2, sequence, 6)])
            .await;
    }
    desk.published().await;
    request(&desk, 1, 2).await;
    done(&desk).await;
    assert_eq!(held(&desk).await, [(2, 1), (2, 2), (1, 3), (2, 3)]);
}

#[tokio::test]
async fn what_is_still_queued_goes_once_it_is_published() {
    let desk = Desk::open().await;
    desk.say(&[count(1, 1, 5)]).await;
    request(&desk, 1, 1).await;
    desk.say(&[count(1, 2, 6)]).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    done(&desk).await;
    assert_eq!(desk.pending().await, 0);
    assert_eq!(held(&desk).await, [(1, 2)]);
}

#[tokio::test]
async fn asked_for_twice_the_later_of_both_counts() {
    let desk = Desk::open().await;
    desk.say(&[count(1, 1, 5), count(1, 2, 6), count(1, 3, 7)])
        .await;
    request(&desk, 1, 2).await;
    request(&desk, 1, 1).await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    done(&desk).await;
    assert_eq!(held(&desk).await, [(1, 3)]);
}
