//! Reads the bus as it is: every event, in the order of the stream.

use async_nats::jetstream::{self, consumer::pull};
use desk_bus::{Bus, BusSettings};
use desk_events::{AggregateKind, Event};
use e2e::World;
use futures::StreamExt;

/// Every event that the world has published.
pub async fn events(world: &World) -> Vec<Event> {
    let plan = world.stack.plan();
    let settings = BusSettings::isolated(&plan.nats, &plan.bus_prefix);
    let bus = Bus::connect(&settings, "e2e").await.unwrap();
    let stream = jetstream::new(bus.client().clone())
        .get_stream(bus.stream_name())
        .await
        .unwrap();
    let pending = stream.cached_info().state.messages;
    let consumer = stream
        .create_consumer(pull::Config::default())
        .await
        .unwrap();
    let messages = consumer.messages().await.unwrap();
    messages
        .take(usize::try_from(pending).unwrap())
        .map(|message| Event::decode(&message.unwrap().payload).unwrap())
        .collect()
        .await
}

/// The subjects of one ticket's events, in the order of the stream; panics on a gap or a repeat.
pub fn story(events: &[Event], ticket: i64) -> Vec<&'static str> {
    let about: Vec<&Event> = events
        .iter()
        .filter(|event| {
            event.aggregate.kind == AggregateKind::Ticket && event.aggregate.id == ticket
        })
        .collect();
    let sequences: Vec<i64> = about.iter().map(|event| event.sequence).collect();
    let counted: Vec<i64> = (1..).take(about.len()).collect();
    assert_eq!(sequences, counted, "each once and in order");
    about.iter().map(|event| event.fact.subject()).collect()
}
