//! The stream for people: one line an event.

use std::io::{self, Write};

use anyhow::Context as _;
use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use futures::StreamExt as _;
use serde_json::Value;

use crate::{bus::Bus, stream};

/// Prints the stream's events to standard output, all or those of a subject (`ticket.*`), and
/// ends, or goes on with what comes.
///
/// # Errors
/// NATS cannot be reached.
pub async fn events(bus: &Bus, follow: bool, subject: Option<String>) -> anyhow::Result<()> {
    write(bus, follow, subject.as_deref(), &mut io::stdout()).await
}

/// Writes the events' lines to any output; ends well when nobody reads it any more.
///
/// # Errors
/// NATS cannot be reached, or the output fails.
pub async fn write(
    bus: &Bus,
    follow: bool,
    subject: Option<&str>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let stream = stream::ensure(bus.jetstream(), bus.settings()).await?;
    let consumer = stream
        .create_consumer(pull::OrderedConfig {
            deliver_policy: DeliverPolicy::All,
            filter_subject: subject.map_or_else(String::new, |subject| bus.subject(subject)),
            ..pull::OrderedConfig::default()
        })
        .await
        .context("reading the stream")?;
    let mut left = consumer.cached_info().num_pending;
    let mut messages = consumer.messages().await.context("reading the stream")?;
    let prefix = bus.subject("");
    while follow || left > 0 {
        let Some(message) = messages.next().await else {
            break;
        };
        let message = message.context("reading the stream")?;
        left = message.info().map_or(0, |info| info.pending);
        let subject = message
            .subject
            .strip_prefix(&prefix)
            .unwrap_or(&message.subject);
        if !shown(out, &line(subject, &message.payload))? {
            break;
        }
    }
    Ok(())
}

/// False when the reader has gone, as `head` does.
fn shown(out: &mut impl Write, line: &str) -> io::Result<bool> {
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => other.map(|()| true),
    }
}

/// Time, subject, aggregate and sequence, the gist, request. Reads no types, so that an event of
/// a newer release is shown as well.
fn line(subject: &str, envelope: &[u8]) -> String {
    let Ok(event) = serde_json::from_slice::<Value>(envelope) else {
        return format!(
            "{:<24} {subject:<18} unreadable, {} bytes",
            "-",
            envelope.len()
        );
    };
    let aggregate = format!(
        "{}:{}#{}",
        word(&event["aggregate"]["kind"]),
        word(&event["aggregate"]["id"]),
        word(&event["sequence"]),
    );
    let time = word(&event["occurred_at"]);
    let gist = gist(&event["payload"]);
    let request = match &event["request_id"] {
        Value::String(id) => format!(" request={id}"),
        _ => String::new(),
    };
    format!("{time:<27} {subject:<18} {aggregate:<20} {gist}{request}")
        .trim_end()
        .to_owned()
}

/// What tells one event from another at a glance; no names, no addresses, no text.
fn gist(payload: &Value) -> String {
    let at = |path: &str| {
        payload
            .pointer(path)
            .filter(|value| !value.is_null())
            .map(word)
    };
    let mut parts: Vec<String> = Vec::new();
    for (label, path) in [
        ("", "/ticket/number"),
        ("", "/ticket/status"),
        ("", "/ticket/priority"),
        ("assignee=", "/ticket/assigned_to"),
        ("", "/message/kind"),
        ("", "/metric"),
        ("due=", "/due_at"),
        ("ticket=", "/ticket_id"),
        ("project=", "/project_id"),
        ("", "/prefix"),
        ("role=", "/role"),
        ("user=", "/user_id"),
        ("tickets=", "/tickets"),
    ] {
        parts.extend(at(path).map(|value| format!("{label}{value}")));
    }
    let changed: Vec<String> = payload["changes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|change| word(&change["field"]))
        .collect();
    if !changed.is_empty() {
        parts.push(format!("changed={}", changed.join(",")));
    }
    if let Some(kind) = at("/actor/kind") {
        let id = at("/actor/id").map_or_else(String::new, |id| format!(":{id}"));
        parts.push(format!("by={kind}{id}"));
    }
    parts.join(" ")
}

/// A value without its quotes.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "?".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_happened_to_what() {
        let envelope = br#"{"id":"x","type":"ticket.assigned","version":1,
            "aggregate":{"kind":"ticket","id":7},"sequence":3,
            "occurred_at":"2024-04-21T09:00:00Z","request_id":"r-1",
            "payload":{"ticket":{"number":"NAIJ-2024-00043","status":"in_progress","assigned_to":4,
            "customer_email":"a@b.c"},"actor":{"kind":"user","id":2},"changes":[{"field":"assigned_to"}]}}"#;
        let line = line("ticket.assigned", envelope);
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>().join(" "),
            "2024-04-21T09:00:00Z ticket.assigned ticket:7#3 NAIJ-2024-00043 in_progress \
             assignee=4 changed=assigned_to by=user:2 request=r-1"
        );
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_such() {
        assert!(line("ticket.created", b"\xff{").contains("unreadable, 2 bytes"));
    }
}
