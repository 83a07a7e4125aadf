//! What the external gateway reads from its environment.

use std::num::NonZeroU32;

use desk_bus::BusSettings;
use desk_http::{edge::TrustedProxies, proxy::Upstream, server::ServerSettings};

/// Everything the process needs to serve.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// As in every process.
    #[command(flatten)]
    pub server: ServerSettings,
    /// Where project's events come from.
    #[command(flatten)]
    pub bus: BusSettings,
    /// The external gateway's own.
    #[command(flatten)]
    pub keys: KeySettings,
}

/// What the external gateway itself is told.
#[derive(Debug, Clone, clap::Args)]
pub struct KeySettings {
    /// project, which verifies keys.
    #[arg(
        long,
        env = "SUPPORTDESK_PROJECT_URL",
        default_value = "http://127.0.0.1:8083"
    )]
    pub project_url: String,
    /// ticket, which answers.
    #[arg(
        long,
        env = "SUPPORTDESK_TICKET_URL",
        default_value = "http://127.0.0.1:8084"
    )]
    pub ticket_url: Upstream,
    /// Networks whose `X-Forwarded-For` is believed: CIDRs, comma-separated.
    #[arg(long, env = "SUPPORTDESK_TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: TrustedProxies,
    /// Requests a second that one key may make.
    #[arg(long, env = "SUPPORTDESK_KEY_RATE", default_value = "50")]
    pub key_rate: NonZeroU32,
    /// Requests at once that one key may make.
    #[arg(long, env = "SUPPORTDESK_KEY_BURST", default_value = "200")]
    pub key_burst: NonZeroU32,
    /// Refused keys a minute that one address may show.
    #[arg(
        long,
        env = "SUPPORTDESK_KEY_FAILURES_PER_MINUTE",
        default_value = "20"
    )]
    pub key_failures_per_minute: NonZeroU32,
    /// Seconds until ticket's answer must have begun.
    #[arg(long, env = "SUPPORTDESK_UPSTREAM_SECONDS", default_value_t = 30)]
    pub upstream_seconds: u32,
    /// The same for uploads, whose bodies take their time.
    #[arg(long, env = "SUPPORTDESK_UPLOAD_SECONDS", default_value_t = 300)]
    pub upload_seconds: u32,
}
