//! The stream and the durables on it: made when missing, also after the server lost its data.

use std::collections::BTreeSet;

use anyhow::Context as _;
use async_nats::jetstream::{
    Context,
    consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull},
    context::GetStreamErrorKind,
    stream::{Config, DiscardPolicy, RetentionPolicy, StorageType, Stream},
};
use desk_events::Fact;
use std::time::Duration;

use crate::settings::BusSettings;

/// The stream's name without a prefix.
const STREAM: &str = "SUPPORTDESK";

/// How long a delivered event may stay unacknowledged. It runs from delivery, so it covers the
/// client's prefetch and a batch.
const ACK_WAIT: Duration = Duration::from_secs(30);

/// Events outstanding on a durable, over all replicas that share it.
pub(crate) const MAX_ACK_PENDING: i64 = 2_000;

/// `<PREFIX>_SUPPORTDESK`, of characters that a stream's name may have.
pub(crate) fn name(prefix: &str) -> String {
    if prefix.is_empty() {
        return STREAM.to_owned();
    }
    let safe: String = prefix
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("{safe}_{STREAM}")
}

/// A subject under the prefix.
pub(crate) fn subject(prefix: &str, kind: &str) -> String {
    if prefix.is_empty() {
        kind.to_owned()
    } else {
        format!("{prefix}.{kind}")
    }
}

/// Whether a prefix can be part of a subject.
pub(crate) fn is_prefix(prefix: &str) -> bool {
    prefix.is_empty()
        || prefix.split('.').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

/// The family of a type, `ticket` of `ticket.created`; none for what the stream would not take.
pub(crate) fn family(kind: &str) -> Option<&'static str> {
    let (first, rest) = kind.split_once('.')?;
    let plain = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    families()
        .into_iter()
        .find(|family| plain && *family == first)
}

fn families() -> BTreeSet<&'static str> {
    Fact::SUBJECTS
        .iter()
        .filter_map(|subject| subject.split('.').next())
        .collect()
}

fn wanted(settings: &BusSettings) -> Config {
    Config {
        name: name(&settings.prefix),
        subjects: families()
            .into_iter()
            .map(|family| subject(&settings.prefix, &format!("{family}.*")))
            .collect(),
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::Old,
        max_age: Duration::from_secs(u64::from(settings.stream_days) * 24 * 60 * 60),
        max_bytes: settings.stream_max_bytes,
        num_replicas: settings.stream_replicas,
        allow_atomic_publish: true,
        ..Config::default()
    }
}

/// What a stream that exists has to become; none when it is right. Subjects are only added: a
/// newer release may know families that this one does not.
fn correction(found: &Config, wanted: &Config) -> Option<Config> {
    let subjects: BTreeSet<&String> = found.subjects.iter().chain(&wanted.subjects).collect();
    let same = subjects.len() == found.subjects.len()
        && found.discard == wanted.discard
        && found.max_age == wanted.max_age
        && found.max_bytes == wanted.max_bytes
        && found.num_replicas == wanted.num_replicas
        && found.allow_atomic_publish;
    let subjects = subjects.into_iter().cloned().collect();
    (!same).then(|| Config {
        subjects,
        discard: wanted.discard,
        max_age: wanted.max_age,
        max_bytes: wanted.max_bytes,
        num_replicas: wanted.num_replicas,
        allow_atomic_publish: true,
        ..found.clone()
    })
}

/// Makes the stream, or brings it up to date.
pub(crate) async fn ensure(context: &Context, settings: &BusSettings) -> anyhow::Result<Stream> {
    let wanted = wanted(settings);
    let stream = match context.get_stream(&wanted.name).await {
        Ok(stream) => stream,
        Err(error) if is_missing(&error.kind()) => {
            tracing::info!(stream = wanted.name, "making the stream");
            return context
                .create_stream(wanted)
                .await
                .context("making the stream");
        }
        Err(error) => return Err(error).context("looking for the stream"),
    };
    if let Some(config) = correction(&stream.cached_info().config, &wanted) {
        tracing::info!(stream = config.name, "updating the stream");
        context
            .update_stream(config)
            .await
            .context("updating the stream")?;
    }
    Ok(stream)
}

/// The server has no such stream.
fn is_missing(kind: &GetStreamErrorKind) -> bool {
    matches!(kind, GetStreamErrorKind::JetStream(error) if error.code() == 404)
}

/// Makes the durable consumer, or brings it up to date.
pub(crate) async fn durable(
    stream: &Stream,
    name: &str,
    filter_subjects: Vec<String>,
) -> anyhow::Result<PullConsumer> {
    stream
        .create_consumer(pull::Config {
            durable_name: Some(name.to_owned()),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            max_deliver: -1,
            max_ack_pending: MAX_ACK_PENDING,
            filter_subjects,
            ..pull::Config::default()
        })
        .await
        .context("making the durable consumer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_prefix() {
        for (prefix, stream, created) in [
            ("", "SUPPORTDESK", "ticket.created"),
            ("t1", "T1_SUPPORTDESK", "t1.ticket.created"),
            ("eu.blue", "EU_BLUE_SUPPORTDESK", "eu.blue.ticket.created"),
        ] {
            assert!(is_prefix(prefix));
            assert_eq!(
                (name(prefix), subject(prefix, "ticket.created")),
                (stream.into(), created.into())
            );
        }
        for bad in [".", "a.", "a b", "a.*", ">"] {
            assert!(!is_prefix(bad), "{bad}");
        }
    }

    #[test]
    fn every_fact_has_a_family_and_nonsense_has_none() {
        assert!(
            Fact::SUBJECTS
                .iter()
                .all(|subject| family(subject).is_some())
        );
        for bad in [
            "ticket",
            "ticket.",
            "ticket.a.b",
            "ticket.*",
            "ticket.a b",
            "other.created",
        ] {
            assert_eq!(family(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_stream_is_corrected_only_where_it_differs() {
        let settings = BusSettings::isolated("nats://127.0.0.1:4222", "");
        assert_eq!(correction(&wanted(&settings), &wanted(&settings)), None);

        let mut newer = wanted(&settings);
        newer.subjects.push("survey.*".into());
        assert_eq!(correction(&newer, &wanted(&settings)), None);

        let older = Config {
            subjects: vec!["ticket.*".into()],
            allow_atomic_publish: false,
            ..newer
        };
        let corrected = correction(&older, &wanted(&settings)).unwrap();
        assert!(corrected.allow_atomic_publish);
        assert_eq!(corrected.subjects.len(), families().len());
    }
}
