//! A desk that somebody else started, as a test that is only its guest is told of it.

use std::{collections::BTreeMap, env, path::PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::{
    paths,
    ports::{Pair, Ports},
    secrets::{Secrets, read_json},
    service::Service,
    settings::Environment,
    stack::Plan,
};

/// Names the file that tells it.
pub const VARIABLE: &str = "SUPPORTDESK_E2E_DESK";

/// Where it is. Its first super admin has the demo data's address and password.
#[derive(Serialize, Deserialize)]
pub struct Running {
    /// PostgreSQL, as superuser.
    pub postgres: String,
    /// The bus, with its user.
    pub nats: String,
    /// Mails are in `mail/` in it.
    pub folder: PathBuf,
    /// The settings of each service, by its name.
    pub environments: BTreeMap<String, Environment>,
}

impl Running {
    /// The one that the environment names.
    ///
    /// # Errors
    /// The file is not there, or tells of no desk.
    pub fn told() -> Result<Option<Self>> {
        let Some(path) = env::var_os(VARIABLE) else {
            return Ok(None);
        };
        let running = read_json(path.as_ref())?;
        running
            .with_context(|| format!("{VARIABLE} names no file"))
            .map(Some)
    }

    /// The plan that it may be said to be made by.
    ///
    /// # Errors
    /// A service without an address.
    pub fn plan(self) -> Result<Plan> {
        let mut pairs = BTreeMap::new();
        let mut extra = BTreeMap::new();
        for service in Service::ALL {
            let env = self.environments.get(service.name());
            let env = env.with_context(|| format!("{service} is missing"))?;
            let port = |name: &str| {
                let port = env
                    .get(name)
                    .and_then(|address| address.rsplit_once(':')?.1.parse().ok());
                port.with_context(|| format!("{service} has no {name}"))
            };
            let pair = Pair {
                api: port("SUPPORTDESK_LISTEN")?,
                admin: port("SUPPORTDESK_ADMIN_LISTEN")?,
            };
            pairs.insert(service, pair);
            extra.insert(service, env.clone());
        }
        Ok(Plan {
            postgres: self.postgres,
            nats: self.nats,
            bus_prefix: String::new(),
            database_prefix: String::new(),
            ports: Ports::of_pairs(pairs),
            secrets: Secrets::default(),
            common: Environment::new(),
            extra,
            binaries: paths::own_binaries()?,
            folder: self.folder,
        })
    }
}
