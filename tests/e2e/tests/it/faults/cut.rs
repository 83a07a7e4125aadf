//! A wire to a server that can be cut and mended: to the process behind it the server is down.

use std::net::{Ipv4Addr, SocketAddr};

use e2e::World;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use xtask::service::Service;

/// What is away shows in this metric, and is no reason to be sent no requests: every replica would
/// leave at once.
pub async fn assert_ready(world: &World, service: Service, metric: &str) {
    let health = world.admin(service);
    for path in ["/livez", "/readyz"] {
        assert_eq!(health.get(path).await.status, 200, "{service} {path}");
    }
    let metrics = health.get("/metrics").await.body;
    let metrics = metrics.as_str().unwrap_or_default();
    assert!(
        metrics.contains(metric),
        "no {metric} of {service}:\n{metrics}"
    );
}

/// The wire.
pub struct Wire {
    here: SocketAddr,
    there: SocketAddr,
    carrying: JoinHandle<()>,
}

impl Wire {
    /// A wire to the server, at an address of its own.
    pub async fn to(there: SocketAddr) -> Self {
        let port = xtask::ports::free(1).unwrap()[0];
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let carrying = carry(here, there).await;
        Self {
            here,
            there,
            carrying,
        }
    }

    /// Its near end.
    pub fn port(&self) -> u16 {
        self.here.port()
    }

    /// Breaks every connection and refuses new ones.
    pub async fn cut(&mut self) {
        self.carrying.abort();
        // The port is free once the task is gone.
        drop((&mut self.carrying).await);
    }

    /// Carries again.
    pub async fn mend(&mut self) {
        self.carrying = carry(self.here, self.there).await;
    }
}

async fn carry(here: SocketAddr, there: SocketAddr) -> JoinHandle<()> {
    let listener = TcpListener::bind(here).await.unwrap();
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut near, _)) = listener.accept().await {
            connections.spawn(async move {
                if let Ok(mut far) = TcpStream::connect(there).await {
                    drop(copy_bidirectional(&mut near, &mut far).await);
                }
            });
            while connections.try_join_next().is_some() {}
        }
    })
}
