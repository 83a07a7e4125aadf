//! The owners of what a consumer keeps, and where they answer.

use std::collections::{BTreeMap, btree_map::Entry};

use desk_events::AggregateKind;
use desk_http::{Clock, client::Peer};
use desk_identity::Issuer;

use super::owner_of;

/// Where the services with an outbox answer.
#[derive(Debug, Clone, clap::Args)]
pub struct OwnerSettings {
    /// Where auth answers.
    #[arg(
        long,
        env = "SUPPORTDESK_AUTH_URL",
        default_value = "http://127.0.0.1:8082"
    )]
    pub auth_url: String,
    /// Where project answers.
    #[arg(
        long,
        env = "SUPPORTDESK_PROJECT_URL",
        default_value = "http://127.0.0.1:8083"
    )]
    pub project_url: String,
    /// Where ticket answers.
    #[arg(
        long,
        env = "SUPPORTDESK_TICKET_URL",
        default_value = "http://127.0.0.1:8084"
    )]
    pub ticket_url: String,
    /// Where the SLA worker answers.
    #[arg(
        long,
        env = "SUPPORTDESK_SLA_WORKER_URL",
        default_value = "http://127.0.0.1:8086"
    )]
    pub sla_worker_url: String,
}

impl OwnerSettings {
    fn url(&self, owner: &str) -> &str {
        match owner {
            "auth" => &self.auth_url,
            "project" => &self.project_url,
            "ticket" => &self.ticket_url,
            _ => &self.sla_worker_url,
        }
    }
}

/// The owners, and who asks them.
#[derive(Debug, Clone)]
pub struct Owners {
    settings: OwnerSettings,
    issuer: Issuer,
    clock: Clock,
}

impl Owners {
    /// Asked with the tokens of this process, by its clock.
    pub fn new(settings: &OwnerSettings, issuer: &Issuer, clock: &Clock) -> Self {
        Self {
            settings: settings.clone(),
            issuer: issuer.clone(),
            clock: clock.clone(),
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn peer(&self, owner: &'static str) -> anyhow::Result<Peer> {
        let (issuer, clock) = (self.issuer.clone(), self.clock.clone());
        Peer::new(owner, self.settings.url(owner), issuer, clock)
    }
}

/// Owners by name.
pub(crate) struct Peers(BTreeMap<&'static str, Peer>);

impl Peers {
    /// The owners of some kinds.
    pub(crate) fn of(
        kinds: impl Iterator<Item = AggregateKind>,
        owners: &Owners,
    ) -> anyhow::Result<Self> {
        let mut peers = BTreeMap::new();
        for owner in kinds.map(owner_of) {
            if let Entry::Vacant(place) = peers.entry(owner) {
                place.insert(owners.peer(owner)?);
            }
        }
        Ok(Self(peers))
    }

    /// An owner of one of the kinds.
    pub(super) fn get(&self, owner: &str) -> Option<&Peer> {
        self.0.get(owner)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Peer)> {
        self.0.iter().map(|(owner, peer)| (*owner, peer))
    }
}
