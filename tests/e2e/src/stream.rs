//! Reads the bus as it is: every event, in the order of the stream.

use std::time::Duration;

use async_nats::jetstream::{
    self,
    consumer::{AckPolicy, pull},
    stream::Stream,
};
use desk_bus::{Bus, BusSettings};
use desk_events::{AggregateKind, Event};
use futures::StreamExt;
use xtask::service::Service;

use crate::World;

/// After this long nothing more comes.
const SILENCE: Duration = Duration::from_secs(3);

/// Every event that the world has published.
///
/// # Panics
/// When one cannot be read.
pub async fn events(world: &World) -> Vec<Event> {
    let messages = raw(world).await.into_iter();
    messages
        .map(|message| Event::decode(&message.payload).unwrap())
        .collect()
}

/// Every message in the stream, as it is.
///
/// # Panics
/// When the stream cannot be read.
pub async fn raw(world: &World) -> Vec<jetstream::Message> {
    let stream = open(world).await;
    let pending = stream.cached_info().state.messages;
    let reader = pull::Config {
        ack_policy: AckPolicy::None,
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(reader).await.unwrap();
    let mut messages = consumer.messages().await.unwrap();
    let mut read = Vec::new();
    for _ in 0..pending {
        // What is deleted meanwhile does not come any more.
        match tokio::time::timeout(SILENCE, messages.next()).await {
            Ok(message) => read.push(message.unwrap().unwrap()),
            Err(_) => break,
        }
    }
    read
}

/// Whether all that was said has been published, taken and acknowledged by every consumer.
pub async fn is_drained(world: &World) -> bool {
    // What a consumer says is in its outbox before it acknowledges: whoever looks at the outboxes
    // between two looks at the consumers misses nothing.
    is_taken(world).await && is_published(world).await && is_taken(world).await
}

/// Whether all that was said has been published.
pub async fn is_published(world: &World) -> bool {
    for service in [
        Service::Auth,
        Service::Project,
        Service::Ticket,
        Service::SlaWorker,
    ] {
        let pending = world.sql(service, "select count(*) from outbox_pending");
        if pending.await != "0" {
            return false;
        }
    }
    true
}

async fn is_taken(world: &World) -> bool {
    open(world)
        .await
        .consumers()
        .all(|consumer| async {
            let consumer = consumer.unwrap();
            let is_reader = consumer.config.durable_name.is_none();
            is_reader || (consumer.num_pending == 0 && consumer.num_ack_pending == 0)
        })
        .await
}

async fn open(world: &World) -> Stream {
    let plan = world.stack.plan();
    let settings = BusSettings::isolated(&plan.nats, &plan.bus_prefix);
    let bus = Bus::connect(&settings, "e2e").await.unwrap();
    jetstream::new(bus.client().clone())
        .get_stream(bus.stream_name())
        .await
        .unwrap()
}

/// The subjects of one ticket's events, in the order of the stream.
///
/// # Panics
/// On a gap or a repeat.
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
