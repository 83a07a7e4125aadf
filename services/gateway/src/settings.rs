//! What the gateway reads from its environment.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    str::FromStr,
};

use desk_http::{edge::TrustedProxies, proxy::Upstream, server::ServerSettings};
use http::HeaderValue;

use crate::domain::route::Service;

/// Everything the process needs to serve.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// As in every process.
    #[command(flatten)]
    pub server: ServerSettings,
    /// The gateway's own.
    #[command(flatten)]
    pub edge: EdgeSettings,
}

/// What the gateway itself is told.
#[derive(Debug, Clone, clap::Args)]
pub struct EdgeSettings {
    /// Where the services are.
    #[command(flatten)]
    pub addresses: Addresses,
    /// Networks whose `X-Forwarded-For` is believed: CIDRs, comma-separated.
    #[arg(long, env = "SUPPORTDESK_TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: TrustedProxies,
    /// Origins of browser pages that may call: `https://portal.example.com`, comma-separated.
    #[arg(long, env = "SUPPORTDESK_CORS_ORIGINS", default_value = "")]
    pub cors_origins: Origins,
    /// Requests a second that one address may make on portal paths.
    #[arg(long, env = "SUPPORTDESK_EDGE_RATE", default_value = "200")]
    pub edge_rate: NonZeroU32,
    /// Requests at once that one address may make on portal paths.
    #[arg(long, env = "SUPPORTDESK_EDGE_BURST", default_value = "1000")]
    pub edge_burst: NonZeroU32,
    /// Connections that one address may have at once, unless it is a trusted proxy's.
    #[arg(long, env = "SUPPORTDESK_EDGE_CONNECTIONS", default_value = "500")]
    pub edge_connections: NonZeroUsize,
    /// Seconds for which the last known revocations count while auth is out of reach.
    #[arg(
        long,
        env = "SUPPORTDESK_REVOCATION_STALE_SECONDS",
        default_value_t = 30
    )]
    pub revocation_stale_seconds: u32,
    /// Seconds until an upstream's answer must have begun.
    #[arg(long, env = "SUPPORTDESK_UPSTREAM_SECONDS", default_value_t = 30)]
    pub upstream_seconds: u32,
    /// The same for uploads, whose bodies take their time.
    #[arg(long, env = "SUPPORTDESK_UPLOAD_SECONDS", default_value_t = 300)]
    pub upload_seconds: u32,
}

/// Where each service is.
#[derive(Debug, Clone, clap::Args)]
pub struct Addresses {
    /// auth.
    #[arg(
        long,
        env = "SUPPORTDESK_AUTH_URL",
        default_value = "http://127.0.0.1:8082"
    )]
    pub auth_url: Address,
    /// project.
    #[arg(
        long,
        env = "SUPPORTDESK_PROJECT_URL",
        default_value = "http://127.0.0.1:8083"
    )]
    pub project_url: Address,
    /// ticket.
    #[arg(
        long,
        env = "SUPPORTDESK_TICKET_URL",
        default_value = "http://127.0.0.1:8084"
    )]
    pub ticket_url: Address,
    /// reporting.
    #[arg(
        long,
        env = "SUPPORTDESK_REPORTING_URL",
        default_value = "http://127.0.0.1:8085"
    )]
    pub reporting_url: Address,
    /// notifier.
    #[arg(
        long,
        env = "SUPPORTDESK_NOTIFIER_URL",
        default_value = "http://127.0.0.1:8087"
    )]
    pub notifier_url: Address,
    /// external-gateway.
    #[arg(
        long,
        env = "SUPPORTDESK_EXTERNAL_GATEWAY_URL",
        default_value = "http://127.0.0.1:8081"
    )]
    pub external_gateway_url: Address,
}

impl Addresses {
    /// Where a service is.
    pub const fn of(&self, service: Service) -> &Address {
        match service {
            Service::Auth => &self.auth_url,
            Service::Project => &self.project_url,
            Service::Ticket => &self.ticket_url,
            Service::Reporting => &self.reporting_url,
            Service::Notifier => &self.notifier_url,
            Service::ExternalGateway => &self.external_gateway_url,
        }
    }
}

/// A service's base address, `http://host:port`, as text and as the proxy takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As it was given.
    pub url: String,
    /// For the proxy.
    pub upstream: Upstream,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            url: url.to_owned(),
            upstream: url.parse()?,
        })
    }
}

/// Origins, each a scheme and an authority.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(pub Vec<HeaderValue>);

impl FromStr for Origins {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        list.split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .map(origin)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// One origin; a path or a wildcard would match nothing, or everything, and is refused.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let refused = || format!("{text} is not an origin like https://portal.example.com");
    let authority = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .ok_or_else(refused)?;
    authority
        .parse::<http::uri::Authority>()
        .map_err(|_| refused())?;
    text.parse().map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_an_authority() {
        for (list, count) in [
            ("", Some(0)),
            ("https://a.example", Some(1)),
            ("https://a.example, http://localhost:3000", Some(2)),
            ("*", None),
            ("https://a.example/portal", None),
            ("a.example", None),
        ] {
            let read = list.parse::<Origins>().ok().map(|origins| origins.0.len());
            assert_eq!(read, count, "{list}");
        }
    }

    proptest! {
        #[test]
        fn no_list_of_origins_is_too_odd(list in any::<String>(), nearly in "(https?://[a-z:0-9*/]{0,9}[, ]{0,2}){0,3}") {
            for list in [list, nearly] {
                let Ok(origins) = list.parse::<Origins>() else { continue };
                let again: Vec<&str> = origins.0.iter().map(|origin| origin.to_str().unwrap()).collect();
                prop_assert_eq!(again.join(",").parse::<Origins>(), Ok(origins.clone()));
            }
        }
    }
}
