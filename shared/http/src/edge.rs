//! What both gateways do at the edge: find the client's address, keep identity headers from
//! outside out, limit rates, and know which paths must never be passed on.

use std::{
    future::{Ready, ready},
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{AUTHORIZATION, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
    },
    response::Response,
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use ipnet::IpNet;

use crate::{Error, Result};

/// Who a proxy forwards for.
pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Carries the portal token to auth's refresh and logout, set by the gateway alone.
pub const PORTAL_TOKEN: HeaderName = HeaderName::from_static("x-portal-token");

/// Headers that only we may set; from outside they are dropped.
const OURS: [HeaderName; 5] = [
    AUTHORIZATION,
    FORWARDED_FOR,
    PORTAL_TOKEN,
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-real-ip"),
];

/// Drops every header by which a client could claim an identity or an address.
pub fn strip_identity(headers: &mut HeaderMap) {
    for name in &OURS {
        headers.remove(name);
    }
    let claims: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            ["x-user", "x-role", "x-project", "x-internal", "x-auth"]
                .iter()
                .any(|claim| name.as_str().starts_with(claim))
        })
        .cloned()
        .collect();
    for name in claims {
        headers.remove(name);
    }
}

/// Networks whose `X-Forwarded-For` is believed, from a comma-separated list of CIDRs.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl std::str::FromStr for TrustedProxies {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        list.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                part.parse::<IpNet>()
                    .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| format!("{part} is neither an address nor a CIDR"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl TrustedProxies {
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client's address: the socket's, or, behind configured proxies, the right-most
    /// `X-Forwarded-For` entry that is none of them.
    pub fn client(&self, socket: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = socket.ip().to_canonical();
        if !self.contains(client) {
            return client;
        }
        let hops = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|hop| hop.trim().parse::<IpAddr>());
        for hop in hops.collect::<Vec<_>>().into_iter().rev() {
            // What a trusted proxy did not write as an address is worth nothing further left.
            let Ok(address) = hop else { break };
            client = address.to_canonical();
            if !self.contains(client) {
                break;
            }
        }
        client
    }
}

/// Answers are for whoever asked: no cache keeps one that does not say that it may, and no browser
/// guesses what it is.
pub fn private(mut response: Response) -> Ready<Response> {
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(value);
    }
    ready(response)
}

/// The unit that limits count: an IPv4 address, or an IPv6 /64.
pub fn limit_unit(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A limit by some key: so many a period, with a burst. Idle keys are forgotten by [`Self::sweep`].
pub struct RateLimit<K: std::hash::Hash + Eq + Clone + Send + Sync + 'static> {
    limiter: Arc<DefaultKeyedRateLimiter<K>>,
    clock: DefaultClock,
    name: &'static str,
}

impl<K: std::hash::Hash + Eq + Clone + Send + Sync + 'static> Clone for RateLimit<K> {
    fn clone(&self) -> Self {
        Self {
            limiter: Arc::clone(&self.limiter),
            clock: self.clock.clone(),
            name: self.name,
        }
    }
}

impl<K: std::hash::Hash + Eq + Clone + Send + Sync + 'static> RateLimit<K> {
    /// `rate` a second with bursts of `burst`; metrics call it by its name.
    pub fn per_second(name: &'static str, rate: NonZeroU32, burst: NonZeroU32) -> Self {
        Self::new(name, Quota::per_second(rate).allow_burst(burst))
    }

    /// `count` a minute, all at once if one likes; metrics call it by its name.
    pub fn per_minute(name: &'static str, count: NonZeroU32) -> Self {
        Self::new(name, Quota::per_minute(count))
    }

    fn new(name: &'static str, quota: Quota) -> Self {
        metrics::counter!("rate_limited_total", "limit" => name).increment(0);
        Self {
            name,
            limiter: Arc::new(RateLimiter::keyed(quota)),
            clock: DefaultClock::default(),
        }
    }

    /// Takes one.
    ///
    /// # Errors
    /// 429 with the wait when there is none left.
    pub fn take(&self, key: &K) -> Result<()> {
        self.limiter.check_key(key).map_err(|refused| {
            metrics::counter!("rate_limited_total", "limit" => self.name).increment(1);
            let wait = refused.wait_time_from(self.clock.now());
            Error::TooMany(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        })
    }

    /// Forgets keys whose quota is whole again; call it now and then.
    pub fn sweep(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// Whether a path may be routed at all: no dot segments, no empty or encoded separators, nothing
/// that a second decoding could turn into `/internal`.
pub fn is_plain_path(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    path.starts_with('/')
        && !path.contains("//")
        && !path.contains('\\')
        && !["%2f", "%5c", "%2e", "%00", "%25"]
            .iter()
            .any(|encoded| lower.contains(encoded))
        && !path
            .split('/')
            .any(|segment| segment == "." || segment == "..")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(trusted: &str, socket: &str, forwarded: &[&str]) -> String {
        let proxies: TrustedProxies = trusted.parse().unwrap();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let socket = SocketAddr::new(socket.parse().unwrap(), 1);
        proxies.client(socket, &headers).to_string()
    }

    #[test]
    fn a_spoofed_forwarded_for_is_not_believed() {
        assert_eq!(client("", "9.9.9.9", &["1.1.1.1"]), "9.9.9.9");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(
            client("10.0.0.0/8", "10.0.0.1", &["6.6.6.6, 1.1.1.1, 10.0.0.9"]),
            "1.1.1.1"
        );
        assert_eq!(
            client("10.0.0.0/8", "10.0.0.1", &["6.6.6.6", "1.1.1.1"]),
            "1.1.1.1"
        );
        assert_eq!(
            client("10.0.0.0/8", "10.0.0.1", &["1.1.1.1, junk"]),
            "10.0.0.1"
        );
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("::1", "::1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let unit = |text: &str| limit_unit(text.parse().unwrap()).to_string();
        assert_eq!(unit("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(unit("::ffff:1.2.3.4"), "1.2.3.4");
    }

    #[test]
    fn only_plain_paths_are_routed() {
        for (path, plain) in [
            ("/api/tickets/5", true),
            ("/api/external/tickets/NAIJ-2024-00001", true),
            ("/api/../internal/users", false),
            ("/api/%2e%2e/internal", false),
            ("/api//internal", false),
            ("/api/x%2finternal", false),
            ("/api/x%252finternal", false),
            ("/api/x\\internal", false),
        ] {
            assert_eq!(is_plain_path(path), plain, "{path}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_forwarded_is_too_odd(
            list in any::<String>(), forwarded in "[0-9a-f:., \\[\\]]{0,60}", socket: std::net::IpAddr,
        ) {
            let _ = list.parse::<TrustedProxies>();
            let mut headers = HeaderMap::new();
            headers.insert(FORWARDED_FOR, forwarded.parse().unwrap());
            let socket = SocketAddr::new(socket, 1);
            let nobody = TrustedProxies::default();
            prop_assert_eq!(nobody.client(socket, &headers), socket.ip().to_canonical());
            let all: TrustedProxies = "0.0.0.0/0, ::/0".parse().unwrap();
            let _ = all.client(socket, &headers);
        }

        #[test]
        fn networks_that_are_written_are_believed(address: std::net::IpAddr, length in 0..=32_u8) {
            let trusted: TrustedProxies = format!("{address}/{length}").parse().unwrap();
            prop_assert!(trusted.contains(address));
        }

        #[test]
        fn no_plain_path_leads_elsewhere_when_it_is_read_again(path in "(/|%2[eEfF]|%5c|%25|\\.|\\\\|[a-z]){0,12}") {
            if is_plain_path(&path) {
                let again = percent_decoded(&path);
                prop_assert_eq!(&again, &path);
                prop_assert!(!again.contains("//"));
                prop_assert!(!again.split('/').any(|part| part == "." || part == ".."));
            }
        }
    }

    /// What another reader would make of it.
    fn percent_decoded(path: &str) -> String {
        let path = path.replace('+', "%2B");
        form_urlencoded::parse(path.as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect()
    }

    #[test]
    fn a_limit_tells_the_wait() {
        let one = NonZeroU32::MIN;
        let limit = RateLimit::per_minute("test", one);
        assert!(limit.take(&1).is_ok());
        assert!(matches!(limit.take(&1), Err(Error::TooMany(seconds)) if seconds > 50));
        assert!(limit.take(&2).is_ok());
    }

    #[test]
    fn identity_from_outside_is_dropped() {
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "x-forwarded-for",
            "x-user-id",
            "x-role",
            "x-portal-token",
            "accept",
        ] {
            headers.insert(HeaderName::from_static(name), "x".parse().unwrap());
        }
        strip_identity(&mut headers);
        assert_eq!(
            headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            ["accept"]
        );
    }
}
