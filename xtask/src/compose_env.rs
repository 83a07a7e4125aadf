//! `cargo xtask compose-env`: the `.env` by which `docker-compose.yml` gets its secrets.

use std::{fs, io::ErrorKind, path::Path};

use anyhow::{Context as _, Result};
use desk_identity::SigningKey;

use crate::{
    demo, paths, say,
    secrets::{Secrets, app_role, owner_role, random, write_private_text},
    service::Service,
};

const TRUSTED: &str = "SUPPORTDESK_TRUSTED_SIGNERS";
const HEAD: &str = "\
# Secrets of the stack in docker-compose.yml, made by `cargo xtask compose-env`, which adds what
# lacks and changes nothing else. Passwords stand in URLs: letters, digits, `-` and `_` only.
# Other settings of the services can be added here: those that docker-compose.yml passes on.
";

/// Writes the file beside `docker-compose.yml`, or adds what it lacks.
pub fn run() -> Result<()> {
    let file = paths::root().join(".env");
    if keep(&file)? {
        say::line(format_args!(
            "{} has its secrets. The first super admin is {}, unless SUPPORTDESK_BOOTSTRAP_EMAIL \
             says otherwise; the password is SUPPORTDESK_BOOTSTRAP_PASSWORD in it.",
            file.display(),
            demo::SUPER
        ));
    } else {
        say::line(format_args!("{} lacks nothing.", file.display()));
    }
    Ok(())
}

/// Answers whether anything was added.
fn keep(file: &Path) -> Result<bool> {
    let before = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => HEAD.to_owned(),
        Err(error) => {
            return Err(error).with_context(|| format!("{} is not readable", file.display()));
        }
    };
    let after = complete(&before)?;
    let changed = after != before;
    if changed {
        write_private_text(file, &after)?;
    }
    Ok(changed)
}

/// A whole new file.
pub fn generate() -> Result<String> {
    complete(HEAD)
}

/// The text with every secret that it lacks.
fn complete(text: &str) -> Result<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (name, value) in wanted(&Secrets::generate()?) {
        if value_of(&lines, &name).is_none() {
            lines.push(format!("{name}={value}"));
        }
    }
    trust(&mut lines)?;
    Ok(lines.join("\n") + "\n")
}

fn wanted(secrets: &Secrets) -> Vec<(String, String)> {
    let mut wanted = vec![
        ("SUPPORTDESK_POSTGRES_PASSWORD".into(), random()),
        ("SUPPORTDESK_NATS_PASSWORD".into(), random()),
        ("SUPPORTDESK_BOOTSTRAP_PASSWORD".into(), random()),
        ("SUPPORTDESK_GRAFANA_PASSWORD".into(), random()),
        (
            "SUPPORTDESK_KEY_PEPPERS".into(),
            format!("first:{}", secrets.pepper),
        ),
    ];
    if let Some(portal) = &secrets.portal {
        let keys = format!("first:{}", portal.seed);
        wanted.push(("SUPPORTDESK_PORTAL_KEYS".into(), keys));
    }
    for (_, database) in Service::with_database() {
        for role in [owner_role(database), app_role(database)] {
            let name = format!("SUPPORTDESK_{}_PASSWORD", role.to_uppercase());
            wanted.push((name, secrets.role(&role).to_owned()));
        }
    }
    for service in Service::ALL {
        if let Some(pair) = secrets.signers.get(service.name()) {
            wanted.push((signing_key(service), pair.seed.clone()));
        }
    }
    wanted
}

/// Adds the public keys of signers that nobody trusts yet.
fn trust(lines: &mut Vec<String>) -> Result<()> {
    let before = value_of(lines, TRUSTED);
    let known = before.unwrap_or_default().split(',');
    let mut trusted: Vec<String> = known
        .filter(|signer| !signer.is_empty())
        .map(str::to_owned)
        .collect();
    for service in Service::ALL {
        let begins = format!("{service}:");
        if trusted.iter().any(|signer| signer.starts_with(&begins)) {
            continue;
        }
        let name = signing_key(service);
        let seed = value_of(lines, &name).unwrap_or_default();
        let key = SigningKey::from_setting(seed).with_context(|| name.clone())?;
        trusted.push(format!("{begins}{}", key.public_setting()));
    }
    let line = format!("{TRUSTED}={}", trusted.join(","));
    match lines.iter_mut().find(|line| is_of(line, TRUSTED)) {
        Some(old) => *old = line,
        None => lines.push(line),
    }
    Ok(())
}

fn signing_key(service: Service) -> String {
    let service = service.name().to_uppercase().replace('-', "_");
    format!("SUPPORTDESK_{service}_SIGNING_KEY")
}

fn value_of<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    let line = lines.iter().find(|line| is_of(line, name))?;
    line.split_once('=').map(|(_, value)| value.trim())
}

fn is_of(line: &str, name: &str) -> bool {
    line.split_once('=')
        .is_some_and(|(before, _)| before.trim() == name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::scratch::scratch;

    #[test]
    fn the_file_is_private_and_a_second_run_changes_nothing() {
        let folder = scratch("compose-env");
        let file = folder.join(".env");
        assert!(keep(&file).unwrap());
        let first = fs::read_to_string(&file).unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!keep(&file).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), first);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn no_two_files_share_a_secret() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        let values = |text: &str| -> Vec<String> {
            let values = text.lines().filter_map(|line| line.split_once('='));
            values.map(|(_, value)| value.to_owned()).collect()
        };
        let (one, other) = (values(&one), values(&other));
        assert_eq!(one.len(), 6 + 12 + 8 + 1);
        assert!(one.iter().all(|value| !other.contains(value)));
    }

    #[test]
    fn what_lacks_is_added_and_the_rest_stays() {
        let full = generate().unwrap();
        let lacking: Vec<&str> = full
            .lines()
            .filter(|line| !line.starts_with("SUPPORTDESK_TICKET_SIGNING_KEY="))
            .collect();
        let lacking = lacking.join("\n") + "\nSUPPORTDESK_LOG=debug\n";
        let lacking = lacking.replace(",ticket:", ",older:");
        let healed = complete(&lacking).unwrap();
        for line in lacking.lines().filter(|line| !is_of(line, TRUSTED)) {
            assert!(healed.lines().any(|other| other == line), "{line}");
        }
        let lines: Vec<String> = healed.lines().map(str::to_owned).collect();
        let seed = value_of(&lines, "SUPPORTDESK_TICKET_SIGNING_KEY").unwrap();
        let public = SigningKey::from_setting(seed).unwrap().public_setting();
        let trusted = value_of(&lines, TRUSTED).unwrap();
        assert!(trusted.ends_with(&format!(",ticket:{public}")), "{trusted}");
        assert!(trusted.contains(",older:"), "{trusted}");
    }

    #[test]
    fn a_key_that_is_none_is_named_and_not_quoted() {
        let error = complete("SUPPORTDESK_AUTH_SIGNING_KEY=hunter2\n").unwrap_err();
        let words = format!("{error:#}");
        assert!(words.contains("SUPPORTDESK_AUTH_SIGNING_KEY"), "{words}");
        assert!(!words.contains("hunter2"), "{words}");
    }
}
