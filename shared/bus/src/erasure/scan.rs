//! Reading the stream for events of some aggregates, and deleting them.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use anyhow::Context as _;
use async_nats::jetstream::{
    consumer::{AckPolicy, DeliverPolicy, pull},
    stream::Stream,
};
use desk_events::{AggregateKind, Fact};
use futures::StreamExt as _;
use serde::Deserialize;
use tokio::time::timeout;

use crate::{bus::Bus, stream};

/// Kind and id of aggregates, with the last sequence that has to go.
pub(crate) type Sought = HashMap<(String, i64), i64>;

/// Without a message for this long the server is asked whether there should be one.
const QUIET: Duration = Duration::from_secs(2);

/// As much of an envelope as tells what it is about.
#[derive(Deserialize)]
struct About<'a> {
    #[serde(borrow)]
    aggregate: Aggregate<'a>,
    sequence: i64,
}

#[derive(Deserialize)]
struct Aggregate<'a> {
    kind: &'a str,
    id: i64,
}

/// Deletes what the stream holds of these aggregates; answers how many messages that were. The
/// server overwrites them on the disk.
pub(crate) async fn delete(bus: &Bus, sought: &Sought) -> anyhow::Result<u64> {
    bus.connected().await;
    let stream = stream::ensure(bus.jetstream(), bus.settings()).await?;
    let found = find(bus, &stream, sought).await?;
    let mut deleted = 0;
    for sequence in found {
        stream
            .delete_message(sequence)
            .await
            .context("deleting from the stream")?;
        deleted += 1;
    }
    Ok(deleted)
}

/// The places in the stream of what is sought.
async fn find(bus: &Bus, stream: &Stream, sought: &Sought) -> anyhow::Result<Vec<u64>> {
    let reader = stream
        .create_consumer(pull::Config {
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::None,
            filter_subjects: families(sought)
                .into_iter()
                .map(|family| bus.subject(&format!("{family}.*")))
                .collect(),
            ..pull::Config::default()
        })
        .await
        .context("reading the stream")?;
    let mut left = reader.cached_info().num_pending;
    let mut messages = reader.messages().await.context("reading the stream")?;
    let mut found = Vec::new();
    while left > 0 {
        let Ok(message) = timeout(QUIET, messages.next()).await else {
            // What was left may have gone by another's hand, or of old age.
            let info = reader.get_info().await.context("reading the stream")?;
            left = left.min(info.num_pending);
            continue;
        };
        let message = message.context("the stream broke off")?;
        let message = message.context("reading the stream")?;
        let info = message
            .info()
            .map_err(|error| anyhow::anyhow!("{error}"))
            .context("reading the stream")?;
        // What comes meanwhile is younger than any erasure sought.
        left = info.pending.min(left - 1);
        if is_sought(sought, &message.payload) {
            found.push(info.stream_sequence);
        }
    }
    Ok(found)
}

fn is_sought(sought: &Sought, envelope: &[u8]) -> bool {
    let Ok(about) = serde_json::from_slice::<About<'_>>(envelope) else {
        return false;
    };
    sought
        .get(&(about.aggregate.kind.to_owned(), about.aggregate.id))
        .is_some_and(|through| about.sequence <= *through)
}

/// The families of subjects on which events about these are published.
fn families(sought: &Sought) -> BTreeSet<&'static str> {
    let kinds: BTreeSet<&str> = sought.keys().map(|(kind, _)| kind.as_str()).collect();
    Fact::SUBJECTS
        .iter()
        .filter_map(|subject| subject.split('.').next())
        .filter(|family| kinds.iter().any(|kind| tells_of(family, kind)))
        .collect()
}

/// Whether a family may tell of a kind. One that is not known here is looked for everywhere.
fn tells_of(family: &str, kind: &str) -> bool {
    let families: &[&str] = match kind {
        _ if kind == AggregateKind::Ticket.as_str() => &["ticket", "message", "status"],
        _ if kind == AggregateKind::Requester.as_str() => &["requester"],
        _ if kind == AggregateKind::User.as_str() => &["user"],
        _ => return true,
    };
    families.contains(&family)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kinds: &[AggregateKind]) -> Sought {
        let key = |kind: &AggregateKind| ((kind.as_str().to_owned(), 7), 3);
        kinds.iter().map(key).collect()
    }

    #[test]
    fn every_family_that_tells_of_a_kind_is_read() {
        use AggregateKind::{Requester, Ticket, TicketAudit, User};
        for (kinds, read) in [
            (&[User][..], vec!["user"]),
            (&[Ticket], vec!["message", "status", "ticket"]),
            (&[Requester, User], vec!["requester", "user"]),
        ] {
            let families = families(&of(kinds));
            assert_eq!(families.into_iter().collect::<Vec<_>>(), read);
        }
        assert!(families(&of(&[TicketAudit])).contains("audit"));
    }

    #[test]
    fn an_aggregates_past_is_sought_and_nothing_else() {
        let sought = of(&[AggregateKind::User]);
        for (envelope, is) in [
            (r#"{"aggregate":{"kind":"user","id":7},"sequence":3}"#, true),
            (
                r#"{"aggregate":{"kind":"user","id":7},"sequence":4}"#,
                false,
            ),
            (
                r#"{"aggregate":{"kind":"user","id":8},"sequence":1}"#,
                false,
            ),
            (
                r#"{"aggregate":{"kind":"ticket","id":7},"sequence":1}"#,
                false,
            ),
            ("{", false),
        ] {
            assert_eq!(is_sought(&sought, envelope.as_bytes()), is, "{envelope}");
        }
    }
}
