//! Which service listens where: fixed ports for `up`, free ones for tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Result, bail};
use rand::RngExt as _;

use crate::service::Service;

/// PostgreSQL of `up`. Below the range that systems hand out to outgoing connections, so that none
/// of them can sit on it by chance.
pub const POSTGRES: u16 = 25432;
/// nats-server of `up`.
pub const NATS: u16 = 24222;

/// Where free ports are looked for; ends below the usual range of outgoing connections.
const FREE: std::ops::Range<u16> = 10_000..32_000;
const TRIES: usize = 2_000;

/// A service's two ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Its API.
    pub api: u16,
    /// Metrics and health.
    pub admin: u16,
}

/// The ports of a whole stack, all on 127.0.0.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(BTreeMap<Service, Pair>);

impl Ports {
    /// The documented ports, moved up by `offset`.
    pub fn fixed(offset: u16) -> Self {
        Self(
            Service::ALL
                .into_iter()
                .map(|service| {
                    let pair = Pair {
                        api: service.port() + offset,
                        admin: service.admin_port() + offset,
                    };
                    (service, pair)
                })
                .collect(),
        )
    }

    /// These.
    pub const fn of_pairs(pairs: BTreeMap<Service, Pair>) -> Self {
        Self(pairs)
    }

    /// Ports that nobody listens on at this moment.
    pub fn free() -> Result<Self> {
        let mut ports = free(2 * Service::ALL.len())?.into_iter();
        let mut pairs = BTreeMap::new();
        for service in Service::ALL {
            if let (Some(api), Some(admin)) = (ports.next(), ports.next()) {
                pairs.insert(service, Pair { api, admin });
            }
        }
        Ok(Self(pairs))
    }

    /// A service's API and admin ports.
    pub fn of(&self, service: Service) -> Pair {
        self.0.get(&service).copied().unwrap_or(Pair {
            api: service.port(),
            admin: service.admin_port(),
        })
    }

    /// Every port with the name of its user, for [`refuse_busy`].
    pub fn named(&self) -> Vec<(u16, String)> {
        self.0
            .iter()
            .flat_map(|(service, pair)| {
                [
                    (pair.api, service.to_string()),
                    (pair.admin, format!("{service} admin")),
                ]
            })
            .collect()
    }
}

/// `count` different ports that can be listened on now; none is given twice by one process, as who
/// asked for it may not listen yet.
pub fn free(count: usize) -> Result<Vec<u16>> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut found = Vec::with_capacity(count);
    let mut rng = rand::rng();
    for _ in 0..TRIES {
        if found.len() == count {
            break;
        }
        let port = rng.random_range(FREE);
        if !given.contains(&port) && TcpListener::bind(on_loopback(port)).is_ok() {
            given.insert(port);
            found.push(port);
        }
    }
    if found.len() < count {
        bail!(
            "no {count} free ports between {} and {}",
            FREE.start,
            FREE.end
        );
    }
    Ok(found)
}

/// Fails with one line that names every port in use.
pub fn refuse_busy(ports: &[(u16, String)]) -> Result<()> {
    let mut busy = Vec::new();
    for (port, user) in ports {
        match TcpListener::bind(on_loopback(*port)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                busy.push(format!("{port} ({user})"));
            }
            Err(error) => return Err(error).with_context(|| format!("port {port} ({user})")),
        }
    }
    if busy.is_empty() {
        return Ok(());
    }
    bail!(
        "another program listens on port {}: stop it, or move the stack with `--port-offset 100`",
        busy.join(", ")
    );
}

fn on_loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn free_ports_are_different_and_usable() {
        let ports = Ports::free().unwrap();
        let different: BTreeSet<u16> = ports.named().iter().map(|(port, _)| *port).collect();
        assert_eq!(different.len(), 16);
        assert!(different.iter().all(|port| FREE.contains(port)));
    }

    #[test]
    fn fixed_ports_move_together() {
        let ports = Ports::fixed(100);
        assert_eq!(
            ports.of(Service::Gateway),
            Pair {
                api: 8180,
                admin: 9180
            }
        );
        assert_eq!(
            ports.of(Service::Notifier),
            Pair {
                api: 8187,
                admin: 9187
            }
        );
    }

    #[test]
    fn a_busy_port_is_named_with_its_user() {
        let port = free(1).unwrap()[0];
        refuse_busy(&[(port, "ticket".into())]).unwrap();
        let _listener = TcpListener::bind(on_loopback(port)).unwrap();
        let error = refuse_busy(&[(port, "ticket".into())])
            .unwrap_err()
            .to_string();
        assert!(error.contains(&format!("{port} (ticket)")), "{error}");
    }
}
