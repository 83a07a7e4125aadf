//! What `k8s/secrets.sh` writes is what the services take.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use desk_identity::SigningKey;
use tempfile::TempDir;

use crate::{
    manifests::Problems,
    programs,
    rendered::{Overlay, root},
    settings,
};

fn write_into(folder: &Path) -> bool {
    let script = root().join("k8s/secrets.sh");
    let status = Command::new(script)
        .arg(folder)
        .stderr(std::process::Stdio::null())
        .status();
    status.unwrap().success()
}

fn read(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| line.split_once('=').unwrap());
    lines
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn new_secrets_are_whole_and_never_overwritten() {
    let folder = TempDir::new().unwrap();
    assert!(write_into(folder.path()), "openssl 3 makes the keys");
    let secrets = read(&folder.path().join("secrets.env"));

    let trusted: BTreeMap<&str, &str> = secrets["trusted-signers"]
        .split(',')
        .map(|each| each.split_once(':').unwrap())
        .collect();
    for service in programs::all() {
        let seed = &secrets[&format!("{}-signing-key", service.name)];
        let key = SigningKey::from_setting(seed).unwrap();
        assert_eq!(
            trusted[service.name],
            key.public_setting(),
            "{}",
            service.name
        );
    }
    let (_, portal) = secrets["auth-portal-keys"].split_once(':').unwrap();
    SigningKey::from_setting(portal).unwrap();
    secrets["project-key-peppers"]
        .parse::<project::Peppers>()
        .unwrap();

    // The roles' passwords are those in the addresses, and all differ.
    let mut passwords = Vec::new();
    for (urls, kind) in [
        (&secrets, "app"),
        (&read(&folder.path().join("owner.env")), "owner"),
    ] {
        let urls = urls
            .iter()
            .filter_map(|(key, url)| Some((key.strip_suffix("-database-url")?, url)));
        for (service, url) in urls {
            let database = service.replace("sla-worker", "sla");
            let role = read(&folder.path().join(format!("roles/{database}-{kind}.env")));
            let credentials = format!("//{}:{}@", role["username"], role["password"]);
            assert!(url.contains(&credentials), "{service}");
            assert_eq!(role["username"], format!("{database}_{kind}"));
            passwords.push(role["password"].clone());
        }
    }
    passwords.push(read(&folder.path().join("nats.env"))["password"].clone());
    assert!(secrets["nats-url"].contains(passwords.last().unwrap()));
    passwords.sort();
    passwords.dedup();
    assert_eq!(passwords.len(), 13);

    assert!(!write_into(folder.path()));
    assert_eq!(read(&folder.path().join("secrets.env")), secrets);
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_new_secrets_are_all_that_dev_needs() {
    let folder = TempDir::new().unwrap();
    assert!(write_into(folder.path()));
    let services = read(&folder.path().join("secrets.env"));
    let owners = read(&folder.path().join("owner.env"));
    let problems = settings::problems(Overlay::Dev.manifests(), &|secret, key| {
        let of = if secret.starts_with("supportdesk-owner") {
            &owners
        } else {
            &services
        };
        of.get(key).cloned()
    });
    assert_eq!(problems, Problems::new());
}
