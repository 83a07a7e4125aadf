//! Every metric, described: what `/metrics` gives as `HELP`, and what `docs/metrics.md` is made of.

use std::fmt::Write as _;

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// What kind of figure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only rises, from 0 at the process's start.
    Counter,
    /// A state.
    Gauge,
    /// Counts by size, with sum and number.
    Histogram,
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its labels, comma-separated.
    pub labels: &'static str,
    /// What it tells.
    pub help: &'static str,
}

/// Metrics of one topic.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// The topic.
    pub name: &'static str,
    /// Its metrics.
    pub metrics: &'static [Metric],
}

const fn counter(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric {
        name,
        kind: Kind::Counter,
        labels,
        help,
    }
}

const fn gauge(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric {
        name,
        kind: Kind::Gauge,
        labels,
        help,
    }
}

const fn histogram(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric {
        name,
        kind: Kind::Histogram,
        labels,
        help,
    }
}

/// All of them.
pub const GROUPS: &[Group] = &[
    Group {
        name: "Every process",
        metrics: &[
            gauge(
                "build_info",
                "version",
                "Always 1; the label tells the version that runs.",
            ),
            gauge(
                "process_start_time_seconds",
                "",
                "When the process started, in seconds since 1970.",
            ),
            counter(
                "process_cpu_seconds_total",
                "",
                "Processor time used, user and system, in whole seconds.",
            ),
            gauge("process_resident_memory_bytes", "", "Memory in use."),
            gauge("process_threads", "", "Threads."),
            gauge("process_open_fds", "", "Open files and sockets."),
            counter(
                "traces_export_failures_total",
                "",
                "Batches of spans that the collector did not take; only where traces are exported.",
            ),
        ],
    },
    Group {
        name: "Requests",
        metrics: &[
            counter(
                "http_requests_total",
                "method, route, status",
                "Requests answered. The route is templated; what no route answers is `unmatched`, an unusual method `OTHER`.",
            ),
            histogram(
                "http_request_duration_seconds",
                "method, route",
                "Time from the request's head to the answer's head.",
            ),
            counter(
                "rate_limited_total",
                "limit",
                "Requests refused by a rate limit (`address`, `key`, `failures`), and connections that were one too many (`connections`).",
            ),
            counter(
                "database_unavailable_total",
                "",
                "Requests answered 503 because the database was away or the pool was busy for too long.",
            ),
            counter(
                "peer_unavailable_total",
                "peer",
                "Calls to another service that did not come through.",
            ),
            counter(
                "upstream_unavailable_total",
                "upstream",
                "Requests that a gateway could not pass on.",
            ),
            counter(
                "upstream_timeout_total",
                "upstream",
                "Requests passed on that were not answered in time.",
            ),
        ],
    },
    Group {
        name: "Database pool",
        metrics: &[
            gauge(
                "db_pool_connections",
                "state",
                "Connections that are open: `idle` or `used`.",
            ),
            gauge(
                "db_pool_max_connections",
                "",
                "Connections that the pool may open.",
            ),
            histogram(
                "db_pool_acquire_seconds",
                "",
                "Time that was waited for a connection.",
            ),
        ],
    },
    Group {
        name: "Outbox and relay",
        metrics: &[
            gauge(
                "outbox_pending",
                "",
                "Events committed and not yet published. Shown by the replica that publishes; the others show 0.",
            ),
            gauge("outbox_oldest_seconds", "", "Age of the oldest of them."),
            gauge(
                "outbox_parked",
                "",
                "Events that the bus refuses, and those behind them.",
            ),
            gauge(
                "dead_letters",
                "",
                "Events that a consumer of this database gave up and that nobody has dealt with yet.",
            ),
            counter("bus_published_total", "", "Events published."),
            counter("bus_published_batches_total", "", "Batches published."),
            counter("bus_parked_total", "", "Events parked."),
            counter(
                "bus_relay_restarts_total",
                "",
                "Times that the relay began anew.",
            ),
            gauge("bus_connected", "", "1 while NATS is connected."),
            gauge(
                "bus_durable_pending",
                "durable",
                "Events on the stream that a durable has yet to be given, asked of the server by every relay, so that it shows the lag of consumers that are down.",
            ),
            gauge(
                "bus_durable_unacknowledged",
                "durable",
                "Events given to a durable and not acknowledged.",
            ),
            gauge(
                "bus_durable_redelivered",
                "durable",
                "Unacknowledged events that were given more than once.",
            ),
            counter(
                "stream_erased_messages_total",
                "",
                "Messages taken out of the stream because a person or a ticket was erased.",
            ),
            counter(
                "stream_erasure_failures_total",
                "",
                "Times that this failed; it is tried again.",
            ),
        ],
    },
    Group {
        name: "Consumers",
        metrics: &[
            gauge(
                "bus_consumer_lag",
                "consumer",
                "Events that wait for the consumer, as it was told with its last batch, or asked when it is quiet.",
            ),
            counter("bus_consumer_events_total", "consumer", "Events received."),
            counter(
                "bus_consumer_batches_total",
                "consumer",
                "Batches received.",
            ),
            counter(
                "bus_consumer_redelivered_total",
                "consumer",
                "Events received that had been given before.",
            ),
            counter(
                "bus_consumer_dead_letters_total",
                "consumer",
                "Events set aside as dead letters.",
            ),
            counter(
                "bus_consumer_unknown_total",
                "consumer",
                "Events of a type or version that this release does not know.",
            ),
            counter(
                "bus_consumer_waits_total",
                "consumer",
                "Times that a batch waited for the database.",
            ),
            counter(
                "bus_consumer_restarts_total",
                "consumer",
                "Times that the consumer began anew.",
            ),
            gauge(
                "bus_consumer_data_age_seconds",
                "consumer",
                "How long ago the moment was up to which everything is in; for reports, the age of their figures.",
            ),
        ],
    },
    Group {
        name: "Reconciler",
        metrics: &[
            counter(
                "reconciler_runs_total",
                "consumer, outcome",
                "Comparisons of a consumer with its owners.",
            ),
            counter(
                "reconciler_compared_total",
                "consumer, owner",
                "Aggregates compared.",
            ),
            counter(
                "reconciler_missing_total",
                "consumer, owner",
                "Aggregates of which an event was missing; it was said again.",
            ),
            counter(
                "reconciler_healed_total",
                "consumer",
                "Rows that were wrong and were put right.",
            ),
            gauge(
                "reconciler_beyond_retention",
                "consumer, owner",
                "Missing events that the outbox no longer has.",
            ),
            gauge(
                "reconciler_dead",
                "consumer, owner",
                "Missing events that are dead letters.",
            ),
            gauge(
                "reconciler_last_run_timestamp_seconds",
                "consumer",
                "When the last comparison ended, in seconds since 1970.",
            ),
            counter(
                "reconciler_republished_total",
                "",
                "Events that an owner said again because a consumer asked.",
            ),
        ],
    },
    Group {
        name: "Doors",
        metrics: &[
            counter(
                "gateway_passed_total",
                "upstream",
                "Requests let in, by the service that they went to.",
            ),
            counter(
                "portal_token_cache_total",
                "outcome",
                "Portal tokens found verified already (`hit`) or not (`miss`).",
            ),
            counter(
                "revocation_poll_failures_total",
                "",
                "Questions for news of revocations that auth did not answer.",
            ),
            counter(
                "revocations_unknown_total",
                "",
                "Revocations of a kind that this release does not know.",
            ),
            gauge("revocations_live", "", "Revocations in force."),
            counter(
                "api_key_cache_total",
                "outcome",
                "Key pairs found verified already (`hit`) or not (`miss`).",
            ),
            counter(
                "api_key_verification_failures_total",
                "",
                "Questions for a key that project did not answer.",
            ),
            counter(
                "api_keys_refused_total",
                "",
                "Requests whose key pair was not good.",
            ),
            counter(
                "api_keys_dropped_total",
                "",
                "Keys forgotten because of an event about them.",
            ),
            counter(
                "key_verifications_total",
                "outcome",
                "Key pairs that project was asked for.",
            ),
        ],
    },
    Group {
        name: "Accounts",
        metrics: &[
            counter(
                "password_queue_full_total",
                "",
                "Password checks refused because too many waited.",
            ),
            counter(
                "account_mails_total",
                "outcome",
                "Mails about accounts that were asked for.",
            ),
        ],
    },
    Group {
        name: "Files",
        metrics: &[
            counter(
                "files_unavailable_total",
                "",
                "Requests answered 503 because the object store was away.",
            ),
            counter(
                "files_swept_total",
                "",
                "Objects removed that no row named.",
            ),
            counter(
                "erasure_failures_total",
                "",
                "Times that words or files of an erased person could not be removed; it is tried again.",
            ),
        ],
    },
    Group {
        name: "Deadlines",
        metrics: &[
            counter(
                "sla_said_total",
                "word",
                "What the worker said: `breached` or `due_soon`.",
            ),
            histogram(
                "sla_claim_lateness_seconds",
                "",
                "Time from a deadline to the claim that it passed.",
            ),
        ],
    },
    Group {
        name: "Mail",
        metrics: &[
            gauge("notifier_mails_queued", "", "Mails that are to be sent."),
            gauge(
                "notifier_mails_dead",
                "",
                "Mails given up and not dealt with yet.",
            ),
            counter(
                "notifier_mails_total",
                "kind, outcome",
                "Attempts to send, by how they ended.",
            ),
            histogram(
                "notifier_mail_lateness_seconds",
                "",
                "Time from what is told until the mail server took the mail.",
            ),
            counter(
                "notifier_too_old_total",
                "",
                "Events that were too old to mail anybody of.",
            ),
        ],
    },
];

/// Tells the recorder what each metric means.
pub(crate) fn describe() {
    for metric in metrics() {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, metric.help),
            Kind::Histogram => describe_histogram!(metric.name, metric.help),
        }
    }
}

/// All metrics, one after the other.
pub fn metrics() -> impl Iterator<Item = &'static Metric> {
    GROUPS.iter().flat_map(|group| group.metrics)
}

/// The tables of `docs/metrics.md`.
pub fn tables() -> String {
    let mut text = String::new();
    for group in GROUPS {
        let _ = write!(
            text,
            "\n## {}\n\n| metric | kind | labels | what it tells |\n|---|---|---|---|\n",
            group.name
        );
        for metric in group.metrics {
            let kind = match metric.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            let labels = if metric.labels.is_empty() {
                "–"
            } else {
                metric.labels
            };
            let _ = writeln!(
                text,
                "| `{}` | {kind} | {labels} | {} |",
                metric.name, metric.help
            );
        }
    }
    text
}
