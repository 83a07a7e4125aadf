//! What containers are told, compared with what the programs can be told (`--help`).

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use xtask::{paths::own_binaries, service::Service};

use super::model::{Container, Model};

/// Settings that no container is told, with the reason. `.env` cannot change them either.
const LEFT_TO_DEFAULT: [(&str, &str); 23] = [
    ("SUPPORTDESK_LISTEN", "each has an address of its own"),
    ("SUPPORTDESK_ADMIN_LISTEN", "likewise"),
    ("SUPPORTDESK_DATABASE_POOL", "goes by the service"),
    ("SUPPORTDESK_BUS_PREFIX", "the bus is the stack's own"),
    ("SUPPORTDESK_STREAM_REPLICAS", "there is one server"),
    (
        "SUPPORTDESK_TRUSTED_PROXIES of external-gateway",
        FROM_INSIDE,
    ),
    ("SUPPORTDESK_CONNECTIONS", PATIENCE),
    ("SUPPORTDESK_WORKER_THREADS", PATIENCE),
    ("SUPPORTDESK_IDLE_SECONDS", PATIENCE),
    ("SUPPORTDESK_UPSTREAM_SECONDS", PATIENCE),
    ("SUPPORTDESK_UPLOAD_SECONDS", PATIENCE),
    ("SUPPORTDESK_REVOCATION_STALE_SECONDS", PATIENCE),
    ("SUPPORTDESK_LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS", LIMIT),
    ("SUPPORTDESK_LOGIN_FAILURES_PER_ADDRESS", LIMIT),
    ("SUPPORTDESK_LOGIN_FAILURES_PER_ACCOUNT", LIMIT),
    ("SUPPORTDESK_REGISTRATIONS_PER_HOUR", LIMIT),
    ("SUPPORTDESK_FORGOTTEN_PASSWORDS_PER_HOUR", LIMIT),
    ("SUPPORTDESK_ACCOUNT_MAILS_PER_HOUR", LIMIT),
    ("SUPPORTDESK_MAIL_TEMPLATES", "takes a mount besides"),
    ("SUPPORTDESK_MAIL_CA_FILE", "likewise"),
    ("SUPPORTDESK_MAIL_CONCURRENCY", PATIENCE),
    ("SUPPORTDESK_MAIL_TIMEOUT_SECONDS", PATIENCE),
    ("SUPPORTDESK_MAIL_ATTEMPTS", PATIENCE),
];
const FROM_INSIDE: &str = "the gateway tells the client's address in its token";
const PATIENCE: &str = "fits one machine";
const LIMIT: &str = "the contract's limits";

/// Read by the exporter of traces itself.
const OF_TELEMETRY: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// What a command of a program can be told, and what it must be.
struct Told {
    all: BTreeSet<String>,
    required: BTreeSet<String>,
}

fn help(service: Service, command: &str) -> Told {
    let program = own_binaries().unwrap().join(service.name());
    let output = Command::new(program)
        .args([command, "--help"])
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut settings = BTreeMap::new();
    let mut option = "";
    for line in text.lines().map(str::trim) {
        if line.starts_with("--") {
            option = line.split(' ').next().unwrap();
        }
        if let Some((_, rest)) = line.split_once("[env: ") {
            let end = rest.find(['=', ']']).unwrap();
            settings.insert(option, rest[..end].to_owned());
        }
    }
    // Without a value or a default, an option stands in the line of usage.
    let usage = text.lines().find(|line| line.starts_with("Usage: "));
    let required = usage.unwrap().split(' ');
    Told {
        required: required
            .filter_map(|word| settings.get(word).cloned())
            .collect(),
        all: settings.into_values().collect(),
    }
}

fn left_to_default(service: Service) -> BTreeSet<String> {
    let names = LEFT_TO_DEFAULT.map(|(name, _)| name);
    names
        .into_iter()
        .filter_map(|name| match name.split_once(" of ") {
            Some((name, of)) => (of == service.name()).then_some(name),
            None => Some(name),
        })
        .map(str::to_owned)
        .collect()
}

fn told(container: Container<'_>) -> BTreeSet<String> {
    let all = container.settings().into_iter();
    all.filter(|name| *name != OF_TELEMETRY)
        .map(str::to_owned)
        .collect()
}

#[test]
#[ignore = "needs the checkers"]
fn a_service_is_told_what_it_reads_and_all_that_it_needs() {
    let model = Model::with_secrets();
    let mut left = BTreeSet::new();
    for service in Service::ALL {
        let known = help(service, "serve");
        let container = model.service(service);
        let told = told(container);
        let unknown: Vec<_> = told.difference(&known.all).collect();
        assert!(unknown.is_empty(), "{service} knows nothing of {unknown:?}");

        let given = container.environment().into_keys().collect();
        let lacking: Vec<_> = known.required.difference(&given).collect();
        assert!(lacking.is_empty(), "{service} is not told {lacking:?}");
        assert!(known.required.contains("SUPPORTDESK_SIGNING_KEY"));

        let untold: BTreeSet<_> = known.all.difference(&told).cloned().collect();
        let by_intent = left_to_default(service);
        let forgotten: Vec<_> = untold.difference(&by_intent).collect();
        assert!(forgotten.is_empty(), "{service}: {forgotten:?}");
        left.extend(untold);
    }
    for (name, _) in LEFT_TO_DEFAULT {
        let name = name.split(' ').next().unwrap();
        assert!(left.contains(name), "{name} is left to no default");
    }
}

#[test]
#[ignore = "needs the checkers"]
fn a_migration_is_told_of_the_owner_and_of_nothing_else() {
    let model = Model::with_secrets();
    for (service, database) in Service::with_database() {
        let container = model.container(&format!("{service}-migrate"));
        let known = help(service, "migrate");
        assert_eq!(known.required, told(container), "{service}");
        let environment = container.environment();
        let url = &environment["SUPPORTDESK_OWNER_DATABASE_URL"];
        let owner = format!("postgres://{database}_owner:");
        assert!(url.starts_with(&owner), "{service}");
        let serving = model.service(service).environment();
        assert!(!serving.contains_key("SUPPORTDESK_OWNER_DATABASE_URL"));
        let url = &serving["SUPPORTDESK_DATABASE_URL"];
        assert!(url.starts_with(&format!("postgres://{database}_app:")));
        assert!(url.ends_with(&format!("/{database}")), "{service}");
    }
}

#[test]
#[ignore = "needs the checkers"]
fn addresses_lead_to_the_services_they_name() {
    let model = Model::with_secrets();
    for service in Service::ALL {
        for (name, value) in model.service(service).environment() {
            let of = name
                .strip_prefix("SUPPORTDESK_")
                .and_then(|name| name.strip_suffix("_URL"))
                .map(|name| name.to_lowercase().replace('_', "-"));
            if let Some(peer) = of.and_then(|name| Service::named(&name)) {
                assert_eq!(value, format!("http://{peer}:{}", peer.port()));
            }
        }
    }
}
