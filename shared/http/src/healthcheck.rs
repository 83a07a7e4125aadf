//! `<service> healthcheck`: asks the process beside it whether it is ready. For containers, whose
//! image has no shell and no HTTP client.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::server::{Identity, admin_address};

/// Longer than a busy process takes, shorter than whoever asks waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// What `healthcheck` reads: the same setting as `serve`, so that both mean the same listener.
#[derive(Debug, Clone, clap::Args)]
pub struct Healthcheck {
    /// Where health and metrics listen; by default the service's port + 1000.
    #[arg(long, env = "SUPPORTDESK_ADMIN_LISTEN")]
    pub admin_listen: Option<SocketAddr>,
}

impl Healthcheck {
    /// Succeeds when the service's `/readyz` does.
    ///
    /// # Errors
    /// Nobody listens, or whoever does is not ready.
    pub async fn run(&self, identity: Identity) -> anyhow::Result<()> {
        let address = reachable(admin_address(identity, self.admin_listen));
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .tls_certs_only([])
            .build()
            .context("HTTP client")?;
        let answer = client.get(format!("http://{address}/readyz")).send().await;
        let answer = answer.with_context(|| format!("{} does not answer", identity.name))?;
        if !answer.status().is_success() {
            bail!("{} is not ready: {}", identity.name, answer.status());
        }
        Ok(())
    }
}

/// Whoever listens everywhere is asked on the loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::StatusCode, routing::get};
    use tokio::net::TcpListener;

    use super::*;

    const TOY: Identity = Identity {
        name: "toy",
        port: 1,
    };

    async fn asked(status: Option<StatusCode>) -> Result<(), String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        match status {
            Some(status) => {
                let router = Router::new().route("/readyz", get(move || async move { status }));
                tokio::spawn(async move { axum::serve(listener, router).await });
            }
            None => drop(listener),
        }
        let check = Healthcheck {
            admin_listen: Some(address),
        };
        check.run(TOY).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn only_a_ready_process_is_healthy() {
        assert_eq!(asked(Some(StatusCode::OK)).await, Ok(()));
        let draining = asked(Some(StatusCode::SERVICE_UNAVAILABLE)).await;
        assert!(draining.unwrap_err().contains("toy is not ready: 503"));
        assert_eq!(asked(None).await, Err("toy does not answer".to_owned()));
    }

    #[test]
    fn a_listener_on_every_address_is_asked_on_the_loopback() {
        for (listens, asked) in [
            ("0.0.0.0:9080", "127.0.0.1:9080"),
            ("[::]:9080", "[::1]:9080"),
            ("10.0.0.7:9080", "10.0.0.7:9080"),
        ] {
            assert_eq!(reachable(listens.parse().unwrap()).to_string(), asked);
        }
        let default = reachable(admin_address(TOY, None));
        assert_eq!(default.to_string(), "127.0.0.1:1001");
    }
}
