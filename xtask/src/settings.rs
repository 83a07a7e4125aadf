//! The environment of each service, from the parts of a stack.

use std::{collections::BTreeMap, path::Path};

use crate::{
    ports::Ports,
    postgres::psql::Psql,
    secrets::{Secrets, app_role, owner_role},
    service::Service,
};

/// A process's settings by name.
pub type Environment = BTreeMap<String, String>;

/// What all services of one stack share.
#[derive(Clone, Copy)]
pub struct Wiring<'a> {
    /// Where each listens.
    pub ports: &'a Ports,
    /// Their passwords and keys.
    pub secrets: &'a Secrets,
    /// The server of their databases.
    pub psql: &'a Psql,
    /// What the names of databases and roles begin with.
    pub database_prefix: &'a str,
    /// The bus, with its user.
    pub nats: &'a str,
    /// What subjects and the stream's name begin with.
    pub bus_prefix: &'a str,
    /// Where mails go, a file each.
    pub mail: &'a Path,
}

impl Wiring<'_> {
    /// The settings of one service.
    pub fn environment(&self, service: Service) -> Environment {
        let ports = self.ports.of(service);
        let mut env = Environment::new();
        let mut set = |name: &str, value: String| drop(env.insert(name.to_owned(), value));
        set("SUPPORTDESK_LISTEN", format!("127.0.0.1:{}", ports.api));
        set(
            "SUPPORTDESK_ADMIN_LISTEN",
            format!("127.0.0.1:{}", ports.admin),
        );
        // Nobody balances between replicas here.
        set("SUPPORTDESK_DRAIN_SECONDS", "0".into());
        set("SUPPORTDESK_LOG_FORMAT", "text".into());
        // Colour belongs to a terminal; the lines go to a file first.
        set("NO_COLOR", "1".into());
        set("SUPPORTDESK_NATS_URL", self.nats.to_owned());
        set("SUPPORTDESK_BUS_PREFIX", self.bus_prefix.to_owned());
        set("SUPPORTDESK_TRUSTED_SIGNERS", self.trusted_signers());
        if let Some(pair) = self.secrets.signers.get(service.name()) {
            set("SUPPORTDESK_SIGNING_KEY", pair.seed.clone());
        }
        for peer in Service::ALL {
            set(
                &url_setting(peer),
                format!("http://127.0.0.1:{}", self.ports.of(peer).api),
            );
        }
        if let Some(database) = service.database() {
            set(
                "SUPPORTDESK_DATABASE_URL",
                self.database_url(database, &app_role(database)),
            );
            set(
                "SUPPORTDESK_OWNER_DATABASE_URL",
                self.database_url(database, &owner_role(database)),
            );
        }
        if service == Service::Auth
            && let Some(pair) = &self.secrets.portal
        {
            set("SUPPORTDESK_PORTAL_KEYS", format!("local:{}", pair.seed));
        }
        if matches!(service, Service::Auth | Service::Notifier) {
            let gateway = self.ports.of(Service::Gateway).api;
            set(
                "SUPPORTDESK_PUBLIC_URL",
                format!("http://127.0.0.1:{gateway}"),
            );
        }
        if service == Service::Notifier {
            set(
                "SUPPORTDESK_MAIL_URL",
                format!("folder:{}", self.mail.display()),
            );
            set(
                "SUPPORTDESK_MAIL_FROM",
                "SupportDesk <support@support.local>".into(),
            );
        }
        if service == Service::Project {
            set(
                "SUPPORTDESK_KEY_PEPPERS",
                format!("local:{}", self.secrets.pepper),
            );
        }
        env
    }

    fn trusted_signers(&self) -> String {
        let signers: Vec<String> = self
            .secrets
            .signers
            .iter()
            .map(|(service, pair)| format!("{service}:{}", pair.public))
            .collect();
        signers.join(",")
    }

    fn database_url(&self, database: &str, role: &str) -> String {
        let prefixed = |name: &str| format!("{}{name}", self.database_prefix);
        self.psql.url_for(
            &prefixed(role),
            self.secrets.role(role),
            &prefixed(database),
        )
    }
}

/// The setting by which services find one another, e.g. `SUPPORTDESK_EXTERNAL_GATEWAY_URL`.
fn url_setting(service: Service) -> String {
    format!(
        "SUPPORTDESK_{}_URL",
        service.name().to_uppercase().replace('-', "_")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::Tools;

    fn environment(service: Service) -> Environment {
        let ports = Ports::fixed(0);
        let secrets = Secrets::generate().unwrap();
        let psql = Psql::new(
            &Tools::sample(),
            "postgres://postgres:x@127.0.0.1:5432/postgres",
        )
        .unwrap();
        let wiring = Wiring {
            ports: &ports,
            secrets: &secrets,
            psql: &psql,
            database_prefix: "t1_",
            nats: "nats://127.0.0.1:4222",
            bus_prefix: "t1",
            mail: Path::new("/tmp/mail"),
        };
        wiring.environment(service)
    }

    #[test]
    fn each_service_opens_its_own_database_by_its_own_role() {
        let env = environment(Service::SlaWorker);
        let url = &env["SUPPORTDESK_DATABASE_URL"];
        assert!(
            url.starts_with("postgres://t1_sla_app:") && url.ends_with("/t1_sla"),
            "{url}"
        );
        let url = &env["SUPPORTDESK_OWNER_DATABASE_URL"];
        assert!(url.starts_with("postgres://t1_sla_owner:"), "{url}");
    }

    #[test]
    fn secrets_go_only_where_they_are_used() {
        for service in Service::ALL {
            let env = environment(service);
            assert_eq!(
                env.contains_key("SUPPORTDESK_PORTAL_KEYS"),
                service == Service::Auth,
                "{service}"
            );
            assert_eq!(
                env.contains_key("SUPPORTDESK_KEY_PEPPERS"),
                service == Service::Project,
                "{service}"
            );
            assert_eq!(
                env.contains_key("SUPPORTDESK_DATABASE_URL"),
                !service.is_door(),
                "{service}"
            );
            assert_eq!(
                env["SUPPORTDESK_TRUSTED_SIGNERS"].split(',').count(),
                8,
                "{service}"
            );
        }
    }

    #[test]
    fn mails_go_to_a_folder() {
        let env = environment(Service::Notifier);
        assert_eq!(env["SUPPORTDESK_MAIL_URL"], "folder:/tmp/mail");
        assert!(!environment(Service::Ticket).contains_key("SUPPORTDESK_MAIL_URL"));
    }

    #[test]
    fn services_find_one_another() {
        let env = environment(Service::Gateway);
        assert_eq!(
            env["SUPPORTDESK_EXTERNAL_GATEWAY_URL"],
            "http://127.0.0.1:8081"
        );
        assert_eq!(env["SUPPORTDESK_TICKET_URL"], "http://127.0.0.1:8084");
    }
}
