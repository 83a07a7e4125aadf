//! What the doors share.

use std::{net::IpAddr, net::SocketAddr, time::Duration};

use axum::extract::{ConnectInfo, Request};
use desk_http::{
    Error, Result,
    client::Peer,
    edge::{RateLimit, TrustedProxies},
    proxy::Proxy,
};
use desk_identity::{Clock, Issuer};
use http::HeaderValue;

use crate::{
    domain::route::Service,
    openapi::Documents,
    portal::Portal,
    settings::{Addresses, EdgeSettings},
};

/// The gateway's parts.
pub struct App {
    pub(crate) addresses: Addresses,
    pub(crate) cors_origins: Vec<HeaderValue>,
    pub(crate) limit: RateLimit<IpAddr>,
    pub(crate) portal: Portal,
    pub(crate) documents: Documents,
    pub(crate) issuer: Issuer,
    pub(crate) clock: Clock,
    /// For ordinary requests, and for uploads.
    pub(crate) proxy: Proxy,
    pub(crate) upload_proxy: Proxy,
    trusted_proxies: TrustedProxies,
}

impl App {
    /// Waits until auth's keys and revocations are known; see [`Portal::informed`].
    pub async fn informed(&self, patience: std::time::Duration) {
        self.portal.informed(patience).await;
    }

    /// Puts the parts together; nothing is asked of anybody yet.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(settings: &EdgeSettings, issuer: Issuer, clock: Clock) -> anyhow::Result<Self> {
        let peer = |service: Service| {
            let url = &settings.addresses.of(service).url;
            Peer::new(service.name(), url, issuer.clone(), clock.clone())
        };
        let stale = time::Duration::seconds(settings.revocation_stale_seconds.into());
        let seconds = |count: u32| Duration::from_secs(count.into());
        let documented = Service::DOCUMENTED
            .into_iter()
            .map(|service| Ok((service.name(), peer(service)?)))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            addresses: settings.addresses.clone(),
            cors_origins: settings.cors_origins.0.clone(),
            limit: RateLimit::per_second("address", settings.edge_rate, settings.edge_burst),
            portal: Portal::new(peer(Service::Auth)?, clock.clone(), stale),
            documents: Documents::new(documented),
            proxy: Proxy::new(seconds(settings.upstream_seconds)),
            upload_proxy: Proxy::new(seconds(settings.upload_seconds)),
            trusted_proxies: settings.trusted_proxies.clone(),
            issuer,
            clock,
        })
    }

    /// Where a request comes from.
    pub(crate) fn client(&self, request: &Request) -> Result<IpAddr> {
        let ConnectInfo(socket) = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .ok_or_else(|| {
                Error::Internal(anyhow::anyhow!("served without the socket's address"))
            })?;
        Ok(self.trusted_proxies.client(*socket, request.headers()))
    }
}
