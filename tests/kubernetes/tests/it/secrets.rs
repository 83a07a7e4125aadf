//! What is secret stands in no manifest; pods are given it by reference, and only what is theirs.

use std::{collections::BTreeSet, fs};

use clap::Command;
use serde_json::json;

use crate::{
    environment::{self, Given},
    holding::{add, holds, holds_in, put},
    manifests::{Manifests, Pod, Problems, items, title},
    programs,
    rendered::{Overlay, root},
};

/// Of the services, and of those who migrate.
const SERVICES: &str = "supportdesk";
const OWNERS: &str = "supportdesk-owner";

fn check(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    for (pod, wanted) in manifests
        .services()
        .map(|pod| (pod, SERVICES))
        .chain(manifests.migrations().map(|pod| (pod, OWNERS)))
    {
        let hidden = hidden_settings(pod);
        for (name, given) in environment::of(manifests, pod, &mut Problems::new()) {
            let wrong = match given {
                Given::Plain(_) if hidden.contains(name) => "is a secret, and stands there",
                Given::Plain(value) if value.contains('@') && value.contains("://") => {
                    "is an address with credentials"
                }
                Given::Secret { secret, .. } if unhashed(manifests, secret) != wanted => {
                    "comes from a Secret that is not this pod's"
                }
                Given::Secret { key, .. } if !is_own(pod, key) => "is another service's",
                _ => continue,
            };
            problems.push(format!("{}: {name} {wrong}", pod.title()));
        }
        let mut sources = pod
            .containers()
            .flat_map(|container| items(&container["envFrom"]));
        if sources.any(|source| !source["secretRef"].is_null()) {
            problems.push(format!("{} takes a whole Secret", pod.title()));
        }
    }
    problems
}

/// The settings that the program hides from its own help.
fn hidden_settings(pod: Pod<'_>) -> BTreeSet<String> {
    let service = pod.program().and_then(programs::named);
    let commands = service.map(|service| (service.serve, service.migrate));
    let commands = commands
        .into_iter()
        .flat_map(|(serve, migrate)| [Some(serve), migrate]);
    let hidden = |command: Command| {
        let known = command
            .get_arguments()
            .filter(|known| known.is_hide_env_values_set());
        let names = known.filter_map(|known| Some(known.get_env()?.to_str()?.to_owned()));
        names.collect::<Vec<_>>()
    };
    commands.flatten().flat_map(hidden).collect()
}

/// A Secret's name without what kustomize adds for those that it makes.
fn unhashed<'a>(manifests: &Manifests, secret: &'a str) -> &'a str {
    match manifests.find("Secret", secret) {
        Some(_) => secret.rsplit_once('-').map_or(secret, |(name, _)| name),
        None => secret,
    }
}

/// Keys begin with the service's name, but for those that all share.
fn is_own(pod: Pod<'_>, key: &str) -> bool {
    let service = pod.program().unwrap_or_default();
    let rest = key
        .strip_prefix(service)
        .and_then(|rest| rest.strip_prefix('-'));
    rest.is_some() || matches!(key, "nats-url" | "trusted-signers")
}

/// Where the operator makes the Secrets, manifests hold none.
fn check_none(manifests: &Manifests) -> Problems {
    manifests.of("Secret").map(title).collect()
}

/// The keys that pods name, by Secret.
fn keys_of(manifests: &Manifests, wanted: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for pod in manifests.pods() {
        for given in environment::of(manifests, pod, &mut Problems::new()).into_values() {
            if let Given::Secret { secret, key, .. } = given
                && unhashed(manifests, secret) == wanted
            {
                keys.insert(key.to_owned());
            }
        }
    }
    keys
}

const ENV: &str = "/spec/template/spec/containers/0/env";

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_secrets_are_given_by_reference() {
    let new = format!("{ENV}/-");
    let plain = |name: &str, value: &str| json!({"name": name, "value": value});
    let from = |secret: &str, key: &str| {
        json!({
            "name": "SUPPORTDESK_DATABASE_URL",
            "valueFrom": {"secretKeyRef": {"name": secret, "key": key}},
        })
    };
    let ticket = "Deployment/ticket";
    let whole = json!([{"secretRef": {"name": "supportdesk"}}]);
    holds(
        check,
        &[
            put(ticket, &new, plain("SUPPORTDESK_SIGNING_KEY", "c2VjcmV0")),
            put(
                ticket,
                &new,
                plain("SUPPORTDESK_S3_SECRET_ACCESS_KEY", "c2VjcmV0"),
            ),
            put(
                "Job/ticket-migration",
                &new,
                plain("SUPPORTDESK_OWNER_DATABASE_URL", "x"),
            ),
            put(
                ticket,
                &new,
                plain("SUPPORTDESK_AUTH_URL", "http://me:secret@auth:8082"),
            ),
            put(
                ticket,
                &new,
                from("supportdesk-owner", "ticket-database-url"),
            ),
            put(ticket, &new, from("supportdesk", "auth-database-url")),
            put(
                "Job/ticket-migration",
                &new,
                from("supportdesk", "ticket-database-url"),
            ),
            put(
                "Job/ticket-migration",
                &new,
                from("supportdesk-owner", "auth-database-url"),
            ),
            put(ticket, "/spec/template/spec/containers/0/envFrom", whole),
        ],
    );
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_manifests_hold_no_secret() {
    let secret = json!({"kind": "Secret", "metadata": {"name": "supportdesk"}});
    holds_in(
        &[Overlay::Base, Overlay::Production],
        check_none,
        &[add(secret)],
    );
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_examples_and_readme_tell_every_key() {
    let readme = fs::read_to_string(root().join("k8s/README.md")).unwrap();
    for (secret, example) in [(SERVICES, "secrets"), (OWNERS, "owner")] {
        let path = format!("k8s/overlays/dev/{example}.env.example");
        let example = fs::read_to_string(root().join(path)).unwrap();
        let lines = example.lines().filter(|line| !line.starts_with('#'));
        let told = lines.map(|line| line.split_once('=').unwrap().0.to_owned());
        let told: BTreeSet<String> = told.collect();
        assert_eq!(told, keys_of(Overlay::Dev.manifests(), secret), "{secret}");

        let (_, table) = readme
            .split_once(&format!("| key in `{secret}` |"))
            .unwrap();
        let (table, _) = table.split_once("\n\n").unwrap();
        for key in keys_of(Overlay::Production.manifests(), secret) {
            let several = programs::all().into_iter().find_map(|service| {
                let rest = key.strip_prefix(service.name)?.strip_prefix('-')?;
                Some(format!("`<service>-{rest}`"))
            });
            let told = table.contains(&format!("`{key}`"))
                || several.is_some_and(|several| table.contains(&several));
            assert!(told, "{secret} holds {key}, and no table says so");
        }
    }
}
