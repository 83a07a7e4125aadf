//! The services' own settings take what their pods are given, and all of it.

use std::collections::BTreeMap;

use clap::{Command, builder::Resettable};
use desk_identity::SigningKey;
use serde_json::json;

use crate::{
    environment::{self, Given},
    holding::{holds, put, remove},
    manifests::{Manifests, Pod, Problems, items},
    programs::{self, Service},
};

/// What the exporter of traces reads by itself.
const TRACES: [&str; 3] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
];

fn check(manifests: &Manifests) -> Problems {
    let key = SigningKey::generate().unwrap().public_setting();
    problems(manifests, &|_, key_name| match key_name {
        "trusted-signers" => Some(format!("gateway:{key}")),
        _ => Some("secret".to_owned()),
    })
}

/// What is wrong when Secrets hold this.
pub fn problems(manifests: &Manifests, secret: &dyn Fn(&str, &str) -> Option<String>) -> Problems {
    let mut problems = Problems::new();
    for (pod, word) in manifests
        .services()
        .map(|pod| (pod, "serve"))
        .chain(manifests.migrations().map(|pod| (pod, "migrate")))
    {
        let title = pod.title();
        let service = pod.program().and_then(programs::named);
        let Some(command) = service.and_then(|service| command(service, word)) else {
            problems.push(format!("{title} runs no service"));
            continue;
        };
        let told = items(&pod.spec()["containers"][0]["args"]).collect::<Vec<_>>();
        if told != [word] {
            problems.push(format!("{title} does not {word}"));
        }
        let given = environment::of(manifests, pod, &mut problems);
        let values = values(&given, secret);
        let wrong = misfits(&command, &values).chain(addresses(manifests, &values));
        problems.extend(wrong.map(|what| format!("{title}: {what}")));
    }
    for pod in manifests.services() {
        let same = pod.program() == Some(pod.name()) && pod.owner["metadata"]["name"] == pod.name();
        if !same {
            problems.push(format!("{} runs another service's program", pod.title()));
        }
    }
    for service in programs::all() {
        let migrated = manifests
            .migrations()
            .any(|pod| pod.program() == Some(service.name));
        if migrated != service.migrate.is_some() {
            problems.push(format!("{} and its migration do not fit", service.name));
        }
    }
    problems
}

fn command(service: Service, word: &str) -> Option<Command> {
    match word {
        "migrate" => service.migrate,
        _ => Some(service.serve),
    }
}

fn values(
    given: &BTreeMap<&str, Given<'_>>,
    secret: &dyn Fn(&str, &str) -> Option<String>,
) -> BTreeMap<String, String> {
    let known = given.iter().filter_map(|(name, given)| {
        let value = match given {
            Given::Plain(value) => Some((*value).to_owned()),
            Given::Secret {
                secret: of, key, ..
            } => secret(of, key),
        };
        Some(((*name).to_owned(), value?))
    });
    known.collect()
}

/// Variables that the program does not know, and what it says of the others.
fn misfits(
    command: &Command,
    values: &BTreeMap<String, String>,
) -> impl Iterator<Item = String> + use<> {
    let mut words = vec![command.get_name().to_owned()];
    let mut unknown = values.clone();
    for known in command.get_arguments() {
        let name = known.get_env().and_then(|name| name.to_str());
        let value = name.and_then(|name| unknown.remove(name));
        if let (Some(value), Some(long)) = (value, known.get_long()) {
            words.push(format!("--{long}={value}"));
        }
    }
    // What the test's own environment holds must not help.
    let alone = command
        .clone()
        .mut_args(|known| known.env(Resettable::Reset));
    let refused = alone
        .try_get_matches_from(words)
        .err()
        .map(|error| error.to_string());
    unknown
        .into_keys()
        .filter(|name| !TRACES.contains(&name.as_str()))
        .map(|name| format!("{name} is no setting"))
        .chain(refused)
}

/// Addresses within the cluster that nobody answers.
fn addresses(
    manifests: &Manifests,
    values: &BTreeMap<String, String>,
) -> impl Iterator<Item = String> {
    values.iter().filter_map(|(name, url)| {
        let (host, port) = url.strip_prefix("http://")?.split_once(':')?;
        let inside = !host.contains('.');
        let answers = manifests.find("Service", host).is_some_and(|service| {
            let mut ports = items(&service["spec"]["ports"]);
            ports.any(|each| each["name"] == "http" && each["port"].as_u64() == port.parse().ok())
        });
        (inside && !answers).then(|| format!("nobody answers at {name}, {url}"))
    })
}

/// A service finds the others by addresses that are set, never by its defaults, which are on the
/// local machine.
fn check_no_default_address(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    for pod in manifests.services() {
        let given = environment::of(manifests, pod, &mut Problems::new());
        let lacking =
            programs::named(pod.name()).map(|service| lacking_addresses(&service, &given));
        let lacking = lacking.into_iter().flatten();
        problems.extend(lacking.map(|name| told_missing(pod, &name)));
    }
    problems
}

fn lacking_addresses(service: &Service, given: &BTreeMap<&str, Given<'_>>) -> Vec<String> {
    let local = |value: &&std::ffi::OsStr| value.to_string_lossy().contains("127.0.0.1");
    let arguments = service.serve.get_arguments();
    arguments
        .filter(|known| {
            known
                .get_default_values()
                .iter()
                .any(|value| local(&value.as_os_str()))
        })
        .filter_map(|known| known.get_env()?.to_str())
        .filter(|name| !given.contains_key(name))
        .map(str::to_owned)
        .collect()
}

fn told_missing(pod: Pod<'_>, name: &str) -> String {
    format!("{} looks for {name} on its own machine", pod.title())
}

const CONTAINER: &str = "/spec/template/spec/containers/0";

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_settings_take_what_pods_are_given() {
    let at = |field: &str| format!("{CONTAINER}/{field}");
    let plain = |name: &str, value: &str| json!({"name": name, "value": value});
    let ticket = "Deployment/ticket";
    let misspelt = plain("SUPPORTDESK_PURGE_AFTER", "30");
    let odd = plain("SUPPORTDESK_PURGE_AFTER_DAYS", "many");
    let astray = plain("SUPPORTDESK_AUTH_URL", "http://auth:8083");
    holds(
        check,
        &[
            put(ticket, &at("env/-"), misspelt),
            put(ticket, &at("env/-"), odd),
            put(ticket, &at("env/-"), astray),
            put(ticket, &at("env/-"), json!({"name": "SUPPORTDESK_LOG"})),
            remove(ticket, &at("env/0")),
            remove("Job/ticket-migration", &at("env/0")),
            put(
                "Deployment/gateway",
                &at("env/-"),
                plain("SUPPORTDESK_NATS_URL", "nats://nats"),
            ),
            put(ticket, &at("envFrom/0/configMapRef/name"), "none"),
            put(ticket, &at("command"), json!(["/usr/local/bin/auth"])),
            put(ticket, &at("command"), json!(["/bin/sh", "-c", "ticket"])),
            put(ticket, &at("args"), json!(["migrate"])),
            put("Job/ticket-migration", &at("args"), json!(["serve"])),
            remove("Job/ticket-migration", ""),
        ],
    );
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_nothing_is_looked_for_on_the_pods_own_machine() {
    let sources = format!("{CONTAINER}/envFrom");
    holds(
        check_no_default_address,
        &[
            put("Deployment/gateway", &sources, json!([])),
            put("Deployment/external-gateway", &sources, json!([])),
            put("Deployment/ticket", &sources, json!([])),
            remove("Deployment/gateway", &format!("{sources}/2")),
            remove("Deployment/notifier", &format!("{sources}/2")),
        ],
    );
}
