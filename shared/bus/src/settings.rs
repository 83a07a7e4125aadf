//! What the bus reads from the environment.

use secrecy::SecretString;

/// Where the bus is and how much of the past it keeps.
#[derive(clap::Args, Clone, Debug)]
pub struct BusSettings {
    /// NATS servers, separated by commas; an address may hold user and password.
    #[arg(
        long = "nats-url",
        env = "SUPPORTDESK_NATS_URL",
        default_value = "nats://127.0.0.1:4222",
        hide_env_values = true
    )]
    pub nats_url: SecretString,
    /// Prefix of stream and subjects, so that several installations share one server. Letters,
    /// digits, `-`, `_`, and `.` between words.
    #[arg(
        long = "bus-prefix",
        env = "SUPPORTDESK_BUS_PREFIX",
        default_value = ""
    )]
    pub prefix: String,
    /// Replicas of the stream: 1 on a single server, 3 in a cluster.
    #[arg(long, env = "SUPPORTDESK_STREAM_REPLICAS", default_value_t = 1)]
    pub stream_replicas: usize,
    /// Days that the stream keeps events; also the days that the outbox keeps them.
    #[arg(long, env = "SUPPORTDESK_STREAM_DAYS", default_value_t = 14)]
    pub stream_days: u16,
    /// Size limit of the stream in bytes; the server sets this much aside.
    #[arg(long, env = "SUPPORTDESK_STREAM_MAX_BYTES", default_value_t = 2 * 1024 * 1024 * 1024)]
    pub stream_max_bytes: i64,
    /// Minutes between two comparisons of a consumer with the outboxes of what it keeps.
    #[arg(
        long,
        env = "SUPPORTDESK_RECONCILE_MINUTES",
        default_value_t = 15,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub reconcile_minutes: u16,
}

impl BusSettings {
    /// A small bus of its own under a prefix, for tests and throwaway stacks.
    pub fn isolated(nats_url: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self {
            nats_url: nats_url.into().into(),
            prefix: prefix.into(),
            stream_replicas: 1,
            stream_days: 14,
            stream_max_bytes: 64 * 1024 * 1024,
            reconcile_minutes: 15,
        }
    }
}
