//! Noticing from outside that a consumer may have lost something: the stream or its durable was
//! made anew, events went before they were acknowledged, NATS was away.

use time::OffsetDateTime;

use super::report::Reason;
use crate::bus::Bus;

/// What can be seen of stream and durable at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sight {
    /// Which connection to NATS this is.
    connection: u64,
    stream_made: OffsetDateTime,
    durable_made: OffsetDateTime,
    /// The stream's first and last sequence.
    first: u64,
    last: u64,
    /// Sequences between these two without an event.
    holes: u64,
    /// All up to here is acknowledged, or not for this durable.
    settled: u64,
}

/// What was seen last.
#[derive(Debug, Default)]
pub(crate) struct Watch(Option<Sight>);

impl Watch {
    /// Looks again; answers what happened since the last look. Nothing can be seen, and nothing is
    /// said, while NATS is away.
    pub(crate) async fn look(&mut self, bus: &Bus, durable: &str) -> Option<Reason> {
        let now = sight(bus, durable).await?;
        self.see(now)
    }

    fn see(&mut self, mut now: Sight) -> Option<Reason> {
        let reason = self.0.as_ref().and_then(|before| change(before, &now));
        // What is gone is gone, and said once.
        now.settled = now.settled.max(now.first.saturating_sub(1));
        self.0 = Some(now);
        reason
    }
}

fn change(before: &Sight, now: &Sight) -> Option<Reason> {
    if (before.stream_made, before.durable_made) != (now.stream_made, now.durable_made) {
        Some(Reason::MadeAnew)
    } else if now.last < before.last || now.holes > before.holes {
        Some(Reason::Damaged)
    } else if now.first > before.settled + 1 {
        Some(Reason::Trimmed)
    } else if now.connection != before.connection {
        Some(Reason::Reconnected)
    } else {
        None
    }
}

async fn sight(bus: &Bus, durable: &str) -> Option<Sight> {
    if !bus.is_connected() {
        return None;
    }
    let connection = bus.connection();
    let stream = bus.jetstream().get_stream(bus.stream_name()).await.ok()?;
    // After the stream: what it held at that look is settled if the durable has nothing to do.
    let durable = stream.consumer_info(durable).await.ok()?;
    let info = stream.cached_info();
    let (first, last) = (info.state.first_sequence, info.state.last_sequence);
    let idle = durable.num_pending == 0 && durable.num_ack_pending == 0;
    Some(Sight {
        connection,
        stream_made: info.created,
        durable_made: durable.created,
        first,
        last,
        holes: (last + 1).saturating_sub(first + info.state.messages),
        settled: if idle {
            last
        } else {
            durable.ack_floor.stream_sequence
        },
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const THEN: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);
    const LATER: OffsetDateTime = datetime!(2026-03-02 10:00 UTC);

    fn sight() -> Sight {
        Sight {
            connection: 1,
            stream_made: THEN,
            durable_made: THEN,
            first: 10,
            last: 50,
            holes: 0,
            settled: 40,
        }
    }

    type Event = fn(&mut Sight);

    #[test]
    fn only_a_loss_is_a_reason() {
        let table: &[(&str, Event, Option<Reason>)] = &[
            ("nothing new", |_| {}, None),
            ("more events", |s| (s.last, s.settled) = (90, 90), None),
            ("old ones aged out", |s| s.first = 41, None),
            ("one went unread", |s| s.first = 42, Some(Reason::Trimmed)),
            (
                "all went",
                |s| (s.first, s.last) = (51, 50),
                Some(Reason::Trimmed),
            ),
            ("the newest went", |s| s.last = 49, Some(Reason::Damaged)),
            ("some between went", |s| s.holes = 3, Some(Reason::Damaged)),
            (
                "a new connection",
                |s| s.connection = 2,
                Some(Reason::Reconnected),
            ),
            (
                "a new durable",
                |s| (s.durable_made, s.settled) = (LATER, 0),
                Some(Reason::MadeAnew),
            ),
            (
                "a new stream",
                |s| (s.connection, s.stream_made, s.last) = (2, LATER, 1),
                Some(Reason::MadeAnew),
            ),
        ];
        for (case, happens, expected) in table {
            let mut watch = Watch(Some(sight()));
            let mut now = sight();
            happens(&mut now);
            assert_eq!(watch.see(now), *expected, "{case}");
            assert_eq!(watch.see(now), None, "{case}: once");
        }
    }

    #[test]
    fn the_first_look_knows_no_before() {
        assert_eq!(Watch::default().see(sight()), None);
    }
}
