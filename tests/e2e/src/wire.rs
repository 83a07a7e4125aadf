//! A wire to a server that can be cut, go silent and be mended: to the process behind it the
//! server is down, or does not answer any more.

use std::net::{Ipv4Addr, SocketAddr};

use reqwest::Url;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use xtask::{
    postgres::{Tools, psql::Psql},
    secrets::app_role,
    service::Service,
    stack::Plan,
};

use crate::World;

/// Bytes that are carried at once.
const HANDFUL: usize = 16 * 1024;

/// What is away shows in this metric, and is no reason to be sent no requests: every replica would
/// leave at once.
///
/// # Panics
/// When the service is not ready, or does not show it.
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

/// Has a service reach its database by a wire.
///
/// # Panics
/// When the service has none.
pub async fn to_database(plan: Plan, service: Service) -> (Plan, Wire) {
    let database = service.database().expect("a database");
    let (server, wire) = by_wire(&plan.postgres, 5432).await;
    let tools = Tools::find_or_install(None).expect("psql");
    let psql = Psql::new(&tools, &server).expect("a URL");
    let role = app_role(database);
    let url = psql.url_for(
        &format!("{}{role}", plan.database_prefix),
        plan.secrets.role(&role),
        &format!("{}{database}", plan.database_prefix),
    );
    (plan.with(service, "SUPPORTDESK_DATABASE_URL", &url), wire)
}

/// Has a service reach the bus by a wire.
pub async fn to_bus(plan: Plan, service: Service) -> (Plan, Wire) {
    let (server, wire) = by_wire(&plan.nats, 4222).await;
    (plan.with(service, "SUPPORTDESK_NATS_URL", &server), wire)
}

/// The URL with the near end of a new wire in it.
async fn by_wire(server: &str, default: u16) -> (String, Wire) {
    let mut url = Url::parse(server).expect("a URL");
    let port = url.port().unwrap_or(default);
    let wire = Wire::to((Ipv4Addr::LOCALHOST, port).into()).await;
    url.set_port(Some(wire.port())).expect("a host");
    (url.into(), wire)
}

/// The wire.
pub struct Wire {
    here: SocketAddr,
    there: SocketAddr,
    speaks: watch::Sender<bool>,
    carrying: JoinHandle<()>,
}

impl Wire {
    /// A wire to the server, at an address of its own.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn to(there: SocketAddr) -> Self {
        let port = xtask::ports::free(1).expect("a port")[0];
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (speaks, hears) = watch::channel(true);
        let carrying = carry(here, there, hears).await;
        Self {
            here,
            there,
            speaks,
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

    /// Takes connections and bytes, and passes none on: nobody is told that anything is wrong.
    pub fn hush(&self) {
        self.speaks.send_replace(false);
    }

    /// Carries again; what was held back arrives late.
    pub async fn mend(&mut self) {
        self.speaks.send_replace(true);
        if self.carrying.is_finished() {
            self.carrying = carry(self.here, self.there, self.speaks.subscribe()).await;
        }
    }
}

async fn carry(
    here: SocketAddr,
    there: SocketAddr,
    hears: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let listener = TcpListener::bind(here).await.expect("a free port");
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((near, _)) = listener.accept().await {
            let hears = hears.clone();
            connections.spawn(async move {
                if let Ok(far) = TcpStream::connect(there).await {
                    let ((from_near, to_near), (from_far, to_far)) =
                        (near.into_split(), far.into_split());
                    tokio::join!(
                        pass(from_near, to_far, hears.clone()),
                        pass(from_far, to_near, hears),
                    );
                }
            });
            while connections.try_join_next().is_some() {}
        }
    })
}

/// Until one side is gone; the other is told.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut hears: watch::Receiver<bool>) {
    let mut bytes = vec![0; HANDFUL];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let spoken = hears.wait_for(|speaks| *speaks).await.is_ok();
        if !spoken || to.write_all(&bytes[..count]).await.is_err() {
            break;
        }
    }
    drop(to.shutdown().await);
}
