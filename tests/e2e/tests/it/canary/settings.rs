//! Secrets in settings: good ones stay with their process, and malformed ones are refused without
//! being quoted.

use std::process::{Command, Stdio};

use e2e::World;
use reqwest::Url;
use xtask::{daemon::clean_environment, service::Service, settings::Environment};

use super::{
    secrets::{Secrets, fresh},
    witness::Witness,
};

/// The bus's address with credentials; a server that asks for none takes any.
pub fn with_credentials(nats: &str) -> String {
    let mut url = Url::parse(nats).unwrap();
    if url.password().is_none() {
        url.set_username("desk").unwrap();
        url.set_password(Some(&fresh())).unwrap();
    }
    url.into()
}

/// The secrets in every process's environment.
pub fn plant(world: &World, secrets: &mut Secrets) {
    for service in Service::ALL {
        let env = world.stack.env(service);
        for name in [
            "SUPPORTDESK_DATABASE_URL",
            "SUPPORTDESK_OWNER_DATABASE_URL",
            "SUPPORTDESK_NATS_URL",
        ] {
            if let Some(url) = env.get(name) {
                let url = Url::parse(url).unwrap();
                secrets.add(
                    &format!("the password in {name} of {service}"),
                    url.password().unwrap(),
                );
            }
        }
        for name in [
            "SUPPORTDESK_SIGNING_KEY",
            "SUPPORTDESK_PORTAL_KEYS",
            "SUPPORTDESK_KEY_PEPPERS",
            "SUPPORTDESK_S3_SECRET_ACCESS_KEY",
        ] {
            if let Some(value) = env.get(name) {
                let value = value.rsplit(':').next().unwrap();
                secrets.add(&format!("{name} of {service}"), value);
            }
        }
    }
}

/// Every service is started with each of its secrets spoilt; what it says is seen.
pub fn are_malformed(world: &World, witness: &mut Witness) {
    for service in Service::ALL {
        let env = world.stack.env(service);
        let help = said(world, service, &["serve", "--help"], &env);
        assert!(
            help.contains("SUPPORTDESK_NATS_URL") || service == Service::Gateway,
            "{help}"
        );
        witness.saw(&format!("{service} --help"), help);
        for (name, spoil) in SPOILT {
            if !env.contains_key(name) {
                continue;
            }
            let mut env = env.clone();
            let secret = witness
                .secrets
                .plant(&format!("a malformed {name} of {service}"));
            env.insert(name.into(), spoil.replace('?', &secret));
            let command = if name.contains("OWNER") {
                "migrate"
            } else {
                "serve"
            };
            let words = said(world, service, &[command], &env);
            assert!(!words.is_empty(), "{service} says nothing about {name}");
            witness.saw(&format!("{service} with a malformed {name}"), words);
        }
    }
}

/// Settings and what becomes of them; `?` is the secret.
const SPOILT: [(&str, &str); 12] = [
    (
        "SUPPORTDESK_DATABASE_URL",
        "postgres://desk:?@127.0.0.1:notaport/x",
    ),
    (
        "SUPPORTDESK_OWNER_DATABASE_URL",
        "postgres://desk:?@127.0.0.1:1/x",
    ),
    (
        "SUPPORTDESK_OWNER_DATABASE_URL",
        "mysql://desk:?@127.0.0.1/x",
    ),
    ("SUPPORTDESK_NATS_URL", "nats://desk:?@127.0.0.1:notaport"),
    ("SUPPORTDESK_NATS_URL", "http://desk:?@127.0.0.1"),
    ("SUPPORTDESK_SIGNING_KEY", "?"),
    ("SUPPORTDESK_PORTAL_KEYS", "local:?"),
    ("SUPPORTDESK_PORTAL_KEYS", "?"),
    ("SUPPORTDESK_KEY_PEPPERS", "?"),
    ("SUPPORTDESK_BOOTSTRAP_EMAIL", "?"),
    ("SUPPORTDESK_MAIL_URL", "smtp://desk:?@127.0.0.1:notaport"),
    ("SUPPORTDESK_MAIL_URL", "imap://desk:?@127.0.0.1"),
];

/// What a command says until it ends; one that would go on is not among them.
fn said(world: &World, service: Service, arguments: &[&str], env: &Environment) -> String {
    let mut command = Command::new(world.stack.program(service));
    clean_environment(&mut command);
    command.args(arguments).envs(env).stdin(Stdio::null());
    let output = command.output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
