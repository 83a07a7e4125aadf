//! The yardstick of events: what JetStream itself takes a second, one message at a time and many
//! on their way, into a stream with the very settings of the desk's.

use std::{
    collections::VecDeque,
    future::IntoFuture as _,
    time::{Duration, Instant},
};

use anyhow::Result;
use async_nats::jetstream;
use desk_bus::{Bus, BusSettings};
use hyper::body::Bytes;
use xtask::stack::Stack;

use crate::{load::rate, scale::Scale};

/// Messages that are on their way at a time.
const ON_THE_WAY: usize = 256;
/// How long a stream of this size keeps up with any machine of today.
const LONGEST: Duration = Duration::from_secs(5);

/// Messages a second, each acknowledged, with a body like that of the desk's own events.
///
/// # Errors
/// The bus's.
pub async fn run(stack: &Stack, body: &str, scale: &Scale) -> Result<f64> {
    let plan = stack.plan();
    let settings = BusSettings::isolated(&plan.nats, &plan.bus_prefix);
    let bus = Bus::connect(&settings, "bench").await?;
    let context = jetstream::new(bus.client().clone());
    let desk = context.get_stream(bus.stream_name()).await?;
    let name = format!("{}_YARDSTICK", bus.stream_name());
    let subject = bus.subject("_yardstick");
    context
        .create_stream(jetstream::stream::Config {
            name: name.clone(),
            subjects: vec![subject.clone()],
            ..desk.cached_info().config.clone()
        })
        .await?;
    let body = Bytes::from(body.to_owned());
    let time = scale.measure.min(LONGEST);
    let mut waiting = VecDeque::with_capacity(ON_THE_WAY);
    let mut acknowledged = 0;
    let since = Instant::now();
    while since.elapsed() < time {
        let sent = context.publish(subject.clone(), body.clone()).await?;
        waiting.push_back(sent.into_future());
        if waiting.len() == ON_THE_WAY
            && let Some(oldest) = waiting.pop_front()
        {
            oldest.await?;
            acknowledged += 1;
        }
    }
    let published = rate(acknowledged, since.elapsed());
    for sent in waiting {
        sent.await?;
    }
    context.delete_stream(name).await?;
    Ok(published)
}
