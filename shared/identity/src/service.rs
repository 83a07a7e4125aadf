//! The eight services: their names, databases and ports. Whoever starts, names or lists them takes them
//! from here; the signer of an internal token is one of these names.

use std::fmt;

/// A service of the workspace; its name is also its crate's and its binary's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The one origin of the portal.
    Gateway,
    /// The door of external projects.
    ExternalGateway,
    /// Users, passwords and sessions.
    Auth,
    /// Projects, memberships and API keys.
    Project,
    /// Tickets, messages and configuration.
    Ticket,
    /// Read models.
    Reporting,
    /// The clock of the deadlines.
    SlaWorker,
    /// Mail.
    Notifier,
}

impl Service {
    /// All of them, in the order in which they stop: doors first.
    pub const ALL: [Self; 8] = [
        Self::Gateway,
        Self::ExternalGateway,
        Self::Auth,
        Self::Project,
        Self::Ticket,
        Self::Reporting,
        Self::SlaWorker,
        Self::Notifier,
    ];

    /// The name of the crate, the binary, the log file and the signer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::ExternalGateway => "external-gateway",
            Self::Auth => "auth",
            Self::Project => "project",
            Self::Ticket => "ticket",
            Self::Reporting => "reporting",
            Self::SlaWorker => "sla-worker",
            Self::Notifier => "notifier",
        }
    }

    /// The service of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// Its database, without a stack's prefix; the doors have none.
    pub const fn database(self) -> Option<&'static str> {
        match self {
            Self::Gateway | Self::ExternalGateway => None,
            Self::Auth => Some("auth"),
            Self::Project => Some("project"),
            Self::Ticket => Some("ticket"),
            Self::Reporting => Some("reporting"),
            Self::SlaWorker => Some("sla"),
            Self::Notifier => Some("notifier"),
        }
    }

    /// Whether it is one of the two doors, which stop before everything else.
    pub const fn is_door(self) -> bool {
        self.database().is_none()
    }

    /// The port it listens on by default.
    pub const fn port(self) -> u16 {
        match self {
            Self::Gateway => 8080,
            Self::ExternalGateway => 8081,
            Self::Auth => 8082,
            Self::Project => 8083,
            Self::Ticket => 8084,
            Self::Reporting => 8085,
            Self::SlaWorker => 8086,
            Self::Notifier => 8087,
        }
    }

    /// The default port of its metrics and health.
    pub const fn admin_port(self) -> u16 {
        self.port() + 1000
    }

    /// Those that have a database.
    pub fn with_database() -> impl Iterator<Item = (Self, &'static str)> {
        Self::ALL
            .into_iter()
            .filter_map(|service| Some((service, service.database()?)))
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_lead_back_to_their_service() {
        for service in Service::ALL {
            assert_eq!(Service::named(service.name()), Some(service));
        }
        assert_eq!(Service::named("nobody"), None);
    }

    #[test]
    fn no_two_services_share_a_port_or_a_database() {
        let ports: BTreeSet<u16> = Service::ALL
            .iter()
            .flat_map(|service| [service.port(), service.admin_port()])
            .collect();
        assert_eq!(ports.len(), 16);
        let databases: BTreeSet<&str> = Service::with_database().map(|(_, name)| name).collect();
        assert_eq!(databases.len(), 6);
    }
}
