//! Keys to sign in as anybody, as the gateways and services would vouch for them.

use std::{collections::HashMap, sync::Arc};

use desk_http::Gatekeeper;
use desk_identity::{Caller, Clock, Issuer, Service, SigningKey, TrustedSigners, Verifier};

/// A signing key for every process, and the clock that their tokens live by.
#[derive(Clone)]
pub struct Keys {
    issuers: Arc<HashMap<&'static str, Issuer>>,
    trusted: TrustedSigners,
    /// The clock of the test's whole world.
    pub clock: Clock,
}

impl Keys {
    /// Fresh keys.
    ///
    /// # Panics
    /// When the system has no random numbers.
    pub fn new() -> Self {
        let mut issuers = HashMap::new();
        let mut trusted = Vec::new();
        for name in Service::ALL.map(Service::name) {
            let key = SigningKey::generate().expect("a key");
            trusted.push(format!("{name}:{}", key.public_setting()));
            issuers.insert(name, Issuer::new(name, &key));
        }
        let trusted = trusted.join(",").parse().expect("the keys' own setting");
        Self {
            issuers: Arc::new(issuers),
            trusted,
            clock: Clock::system(),
        }
    }

    /// A process's issuer.
    pub fn issuer(&self, name: &str) -> Issuer {
        self.issuers[name].clone()
    }

    /// Lets callers of one service in.
    ///
    /// # Panics
    /// Never, as the keys are good.
    pub fn gatekeeper(&self, service: &'static str) -> Gatekeeper {
        let verifier = Verifier::new(service, &self.trusted).expect("good keys");
        Gatekeeper {
            verifier,
            clock: self.clock.clone(),
        }
    }

    /// A token for the caller at a service, signed by whoever vouches for such callers.
    ///
    /// # Panics
    /// When the caller is a service that there is not.
    pub fn token(&self, caller: &Caller, audience: &'static str) -> String {
        let signer = match caller {
            Caller::User { .. } | Caller::Anonymous => "gateway",
            Caller::Key { .. } => "external-gateway",
            Caller::Service(name) => name.as_str(),
        };
        let token = self.issuers[signer].token(caller, audience, self.clock.now());
        token.expect("a token").to_string()
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}
