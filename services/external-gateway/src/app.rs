//! What the door and the background work share.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::extract::{ConnectInfo, Request};
use desk_http::{
    Error, Gatekeeper, Result,
    client::Peer,
    edge::{FORWARDED_FOR, TrustedProxies},
    proxy::{Proxy, Upstream},
};
use desk_identity::{Caller, Clock, Issuer};
use http::HeaderMap;

use crate::{
    domain::failures::Failures, keys::Keys, last_use::LastUse, limits::KeyLimit,
    settings::KeySettings,
};

/// The external gateway's parts.
pub struct App {
    pub(crate) keys: Keys,
    pub(crate) key_limit: KeyLimit,
    pub(crate) failures: Failures,
    pub(crate) last_use: LastUse,
    pub(crate) ticket: Upstream,
    /// For ordinary requests, and for uploads.
    pub(crate) proxy: Proxy,
    pub(crate) upload_proxy: Proxy,
    pub(crate) issuer: Issuer,
    pub(crate) clock: Clock,
    gatekeeper: Gatekeeper,
    trusted_proxies: TrustedProxies,
}

impl App {
    /// Puts the parts together; nothing is asked of anybody yet.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(
        settings: &KeySettings,
        issuer: Issuer,
        gatekeeper: Gatekeeper,
    ) -> anyhow::Result<Self> {
        let clock = gatekeeper.clock.clone();
        let project = Peer::new(
            "project",
            &settings.project_url,
            issuer.clone(),
            clock.clone(),
        )?;
        let seconds = |count: u32| Duration::from_secs(count.into());
        Ok(Self {
            keys: Keys::new(project.clone(), clock.clone()),
            key_limit: KeyLimit::new(settings.key_rate, settings.key_burst),
            failures: Failures::per_minute(settings.key_failures_per_minute),
            last_use: LastUse::new(project),
            ticket: settings.ticket_url.clone(),
            proxy: Proxy::new(seconds(settings.upstream_seconds)),
            upload_proxy: Proxy::new(seconds(settings.upload_seconds)),
            trusted_proxies: settings.trusted_proxies.clone(),
            issuer,
            clock,
            gatekeeper,
        })
    }

    /// Tells project the uses that were not told yet; the last thing a process does.
    pub async fn report_last_use(&self) {
        self.last_use.report().await;
    }

    /// Where a request comes from: as the gateway saw it, if it came by the gateway, else as an
    /// Ingress or the socket tells.
    pub(crate) fn client(&self, request: &Request) -> Result<IpAddr> {
        let headers = request.headers();
        if let Ok(Caller::Anonymous) = self.gatekeeper.caller(headers)
            && let Some(address) = forwarded_for(headers)
        {
            return Ok(address);
        }
        let ConnectInfo(socket) = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .ok_or_else(|| {
                Error::Internal(anyhow::anyhow!("served without the socket's address"))
            })?;
        Ok(self.trusted_proxies.client(*socket, headers))
    }
}

/// The gateway sends exactly one address.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let address: IpAddr = headers
        .get(FORWARDED_FOR)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(address.to_canonical())
}
