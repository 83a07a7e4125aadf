//! One round of the relay: read, publish, take off the queue. Events that the server refuses for
//! themselves are parked, and the later ones of their aggregate wait behind them.

use std::collections::HashSet;

use desk_telemetry::Span;

use super::{
    ensure_stream,
    queue::{Page, Parking, Queue},
};
use crate::{
    bus::Bus,
    envelope::Row,
    failpoint,
    publish::{self, Outgoing, PublishError},
    stream,
};

/// How a round ended.
pub(crate) enum Round {
    /// Nothing was pending.
    Empty,
    /// All that was pending is published or parked.
    Some,
    /// A batch is done, and there is more.
    More,
    /// The bus is out of reach; the events are still pending.
    Unreachable(String),
}

/// What is remembered from round to round.
pub(crate) struct Rounds {
    /// Aggregates of which an event is parked. Only this relay adds to them; who releases the
    /// parked ones need not tell it, see [`Rounds::next`].
    held: HashSet<(String, i64)>,
    stream_is_sure: bool,
}

/// Rows with what goes on the wire, in order; and those that cannot.
#[derive(Default)]
struct Sorted<'a> {
    ready: Vec<(&'a Row, Outgoing)>,
    /// From here to their publishing; ended by being dropped.
    spans: Vec<Span>,
    parked: Vec<Parking<'a>>,
}

impl Rounds {
    pub(crate) async fn begin(queue: &mut Queue) -> anyhow::Result<Self> {
        Ok(Self {
            held: queue.held().await?,
            stream_is_sure: false,
        })
    }

    pub(crate) async fn next(&mut self, bus: &Bus, queue: &mut Queue) -> anyhow::Result<Round> {
        if let Err(reason) = self.reach(bus).await {
            return Ok(Round::Unreachable(reason));
        }
        let mut page = queue.page().await?;
        if page.rows.iter().any(|row| self.is_held(row)) {
            // Somebody may have released them; if so, the queue has older events by now.
            self.held = queue.held().await?;
            page = queue.page().await?;
        }
        if !page.lost.is_empty() {
            tracing::error!(
                events = page.lost.len(),
                "queued events are not in the outbox"
            );
            queue.forget(&page.lost).await?;
        }
        if page.rows.is_empty() {
            return Ok(if page.more { Round::More } else { Round::Empty });
        }
        self.page(bus, queue, &page).await
    }

    /// The connection is up and the stream is there.
    async fn reach(&mut self, bus: &Bus) -> Result<(), String> {
        if !bus.is_connected() {
            return Err("NATS is not connected".to_owned());
        }
        if !self.stream_is_sure {
            ensure_stream(bus).await?;
            self.stream_is_sure = true;
        }
        Ok(())
    }

    async fn page(&mut self, bus: &Bus, queue: &mut Queue, page: &Page) -> anyhow::Result<Round> {
        let mut sorted = self.sort(bus, &page.rows);
        let events: Vec<Outgoing> = sorted
            .ready
            .iter()
            .map(|(_, event)| event.clone())
            .collect();
        failpoint::pass(bus.service(), "relay-read").await;
        let published = publish::batch(bus, &events).await;
        if published.is_err() {
            for span in &mut sorted.spans {
                span.failed(|| "not published".to_owned());
            }
        }
        sorted.spans.clear();
        let failure = match published {
            Ok(()) => {
                let rows: Vec<&Row> = sorted.ready.iter().map(|(row, _)| *row).collect();
                self.published(bus, queue, &rows).await?;
                None
            }
            Err(PublishError::Unreachable(reason)) => Some(reason),
            Err(PublishError::Refused(reason)) => {
                tracing::warn!(
                    reason,
                    "a batch was refused, publishing its events one by one"
                );
                self.one_by_one(bus, queue, sorted.ready).await?
            }
        };
        self.park(queue, &sorted.parked).await?;
        Ok(match failure {
            Some(reason) => {
                // The stream may be gone, with all of the server's data.
                self.stream_is_sure = false;
                Round::Unreachable(reason)
            }
            None if page.more => Round::More,
            None => Round::Some,
        })
    }

    /// Finds out which event was refused; answers why it ended before the last, if it did.
    async fn one_by_one(
        &mut self,
        bus: &Bus,
        queue: &mut Queue,
        ready: Vec<(&Row, Outgoing)>,
    ) -> anyhow::Result<Option<String>> {
        // Refused may be the batch, by a stream that does not take any.
        if let Err(reason) = ensure_stream(bus).await {
            return Ok(Some(reason));
        }
        let (mut published, mut parked, mut failure) = (Vec::new(), Vec::new(), None);
        for (row, event) in ready {
            if self.is_held(row) {
                parked.push(Parking { row, error: None });
                continue;
            }
            match publish::single(bus, &event).await {
                Ok(()) => published.push(row),
                Err(PublishError::Refused(reason)) => {
                    self.hold(row);
                    parked.push(Parking {
                        row,
                        error: Some(reason),
                    });
                }
                Err(PublishError::Unreachable(reason)) => {
                    failure = Some(reason);
                    break;
                }
            }
        }
        self.published(bus, queue, &published).await?;
        self.park(queue, &parked).await?;
        Ok(failure)
    }

    /// Encodes the rows; those that can never go, and those behind them, are put aside.
    fn sort<'a>(&mut self, bus: &Bus, rows: &'a [Row]) -> Sorted<'a> {
        let mut sorted = Sorted::default();
        for row in rows {
            if self.is_held(row) {
                sorted.parked.push(Parking { row, error: None });
                continue;
            }
            match outgoing(bus, row) {
                Ok((event, span)) => {
                    sorted.ready.push((row, event));
                    sorted.spans.push(span);
                }
                Err(error) => {
                    self.hold(row);
                    sorted.parked.push(Parking {
                        row,
                        error: Some(error),
                    });
                }
            }
        }
        sorted
    }

    async fn published(&self, bus: &Bus, queue: &mut Queue, rows: &[&Row]) -> anyhow::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        metrics::counter!("bus_published_total").increment(rows.len() as u64);
        metrics::counter!("bus_published_batches_total").increment(1);
        failpoint::pass(bus.service(), "relay-published").await;
        queue.published(rows).await
    }

    async fn park(&self, queue: &mut Queue, parked: &[Parking<'_>]) -> anyhow::Result<()> {
        if parked.is_empty() {
            return Ok(());
        }
        for Parking { row, error } in parked {
            if let Some(error) = error {
                tracing::error!(
                    event = %row.event_id,
                    kind = row.kind,
                    aggregate = format!("{}:{}", row.aggregate_kind, row.aggregate_id),
                    error,
                    "event parked"
                );
            }
        }
        metrics::counter!("bus_parked_total").increment(parked.len() as u64);
        queue.park(parked).await
    }

    fn is_held(&self, row: &Row) -> bool {
        // The usual case is an empty set; only a set in use costs a key.
        !self.held.is_empty()
            && self
                .held
                .contains(&(row.aggregate_kind.clone(), row.aggregate_id))
    }

    fn hold(&mut self, row: &Row) {
        self.held
            .insert((row.aggregate_kind.clone(), row.aggregate_id));
    }
}

/// What goes on the wire, or why this can never go.
fn outgoing(bus: &Bus, row: &Row) -> Result<(Outgoing, Span), String> {
    if stream::family(&row.kind).is_none() {
        return Err(format!("type {:?} is no subject of the stream", row.kind));
    }
    let span = Span::producer(row.cause(), &row.kind);
    let body = row
        .encode(span.context().traceparent.as_deref())
        .map_err(|error| error.to_string())?;
    let event = Outgoing {
        subject: bus.subject(&row.kind),
        body,
    };
    match publish::oversize(bus, &event) {
        Some(reason) => Err(reason),
        None => Ok((event, span)),
    }
}
