//! The envelope as the relay writes it: from the outbox's columns, without reading the payload,
//! which another release of the service may have written.

use bytes::Bytes;
use desk_telemetry::TraceContext;
use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

/// One row of the outbox.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) event_id: Uuid,
    pub(crate) aggregate_kind: String,
    pub(crate) aggregate_id: i64,
    pub(crate) sequence: i64,
    pub(crate) kind: String,
    pub(crate) version: i32,
    pub(crate) occurred_at: OffsetDateTime,
    pub(crate) traceparent: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) payload: String,
}

#[derive(Serialize)]
struct Aggregate<'a> {
    kind: &'a str,
    id: i64,
}

#[derive(Serialize)]
struct Envelope<'a> {
    id: Uuid,
    #[serde(rename = "type")]
    kind: &'a str,
    version: i32,
    aggregate: Aggregate<'a>,
    sequence: i64,
    #[serde(with = "time::serde::rfc3339")]
    occurred_at: OffsetDateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    payload: &'a RawValue,
}

impl Row {
    /// The request and trace that it is an effect of.
    pub(crate) fn cause(&self) -> TraceContext {
        TraceContext {
            request_id: self.request_id.clone(),
            traceparent: self.traceparent.clone(),
        }
    }

    /// The JSON for the wire, with the trace context of its sending.
    pub(crate) fn encode(&self, traceparent: Option<&str>) -> Result<Bytes, serde_json::Error> {
        let payload: &RawValue = serde_json::from_str(&self.payload)?;
        serde_json::to_vec(&Envelope {
            id: self.event_id,
            kind: &self.kind,
            version: self.version,
            aggregate: Aggregate {
                kind: &self.aggregate_kind,
                id: self.aggregate_id,
            },
            sequence: self.sequence,
            occurred_at: self.occurred_at,
            traceparent,
            request_id: self.request_id.as_deref(),
            payload,
        })
        .map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use desk_events::{Aggregate, AggregateKind, Event, Fact};

    use super::*;

    #[test]
    fn consumers_read_what_the_relay_writes() {
        let id = Uuid::now_v7();
        let row = Row {
            seq: 1,
            event_id: id,
            aggregate_kind: "project_count".into(),
            aggregate_id: 7,
            sequence: 3,
            kind: "project.counted".into(),
            version: 1,
            occurred_at: time::macros::datetime!(2024-04-21 09:00:00.000123 UTC),
            traceparent: None,
            request_id: Some("r-1".into()),
            payload: r#"{"tickets": 9, "project_id": 7}"#.into(),
        };
        let event = Event::decode(&row.encode(None).unwrap()).unwrap();
        assert_eq!(event.id, id);
        assert_eq!(
            event.aggregate,
            Aggregate {
                kind: AggregateKind::ProjectCount,
                id: 7
            }
        );
        assert_eq!((event.sequence, event.occurred_at), (3, row.occurred_at));
        assert_eq!(
            (event.traceparent, event.request_id.as_deref()),
            (None, Some("r-1"))
        );
        assert!(matches!(event.fact, Fact::ProjectCounted(count) if count.tickets == 9));
    }
}
