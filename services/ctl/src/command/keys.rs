//! `keys`: new key material in the form of the services' settings, and how to change it while the
//! desk runs. Nothing is asked of anybody: whoever keeps the settings puts it there.

use std::env;

use clap::{
    Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use desk_identity::{Service, SigningKey};
use rand::distr::{Alphanumeric, SampleString as _};
use serde_json::{Value, json};

use crate::{
    cli::Common,
    failure::{Failure, Result},
    output::{answer, note},
};

/// Examples.
pub const EXAMPLES: &str = "\
Examples:
  supportdeskctl keys signing ticket      # the key by which ticket signs internal tokens
  supportdeskctl keys portal --kid 2027   # the key by which auth signs portal tokens
  supportdeskctl keys pepper --id 2027    # what project hashes API secrets with
  SUPPORTDESK_TRUSTED_SIGNERS=... supportdeskctl keys signing ticket --json

The new settings are on the standard output, the steps on the standard error (with --json both are
in the answer). Where the setting of today is in the environment, the next ones are written out.";

/// Characters of a pepper: 256 bits and more.
const PEPPER: usize = 48;

/// Which key.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The Ed25519 key by which a service signs internal tokens.
    Signing {
        /// The service.
        #[arg(value_parser = service())]
        service: Service,
    },
    /// The Ed25519 key by which auth signs portal tokens.
    Portal {
        /// Its id, another one than the keys of today have.
        #[arg(long, value_parser = id)]
        kid: String,
    },
    /// The pepper by which project hashes API secrets.
    Pepper {
        /// Its id, another one than the peppers of today have.
        #[arg(long, value_parser = id)]
        id: String,
    },
}

fn service() -> impl TypedValueParser<Value = Service> {
    PossibleValuesParser::new(Service::ALL.map(Service::name))
        .try_map(|name| Service::named(&name).ok_or("no service"))
}

fn id(text: &str) -> std::result::Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("1 to 64 letters, digits, -, _ and .".to_owned())
    }
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// No random source, an id that is in use.
    pub fn run(&self, common: &Common) -> Result {
        let made = match self {
            Self::Signing { service } => {
                let today = env::var("SUPPORTDESK_TRUSTED_SIGNERS").ok();
                signing(*service, today.as_deref())?
            }
            Self::Portal { kid } => {
                let today = env::var("SUPPORTDESK_PORTAL_KEYS").ok();
                portal(kid, today.as_deref())?
            }
            Self::Pepper { id } => {
                let today = env::var("SUPPORTDESK_KEY_PEPPERS").ok();
                pepper(id, today.as_deref())?
            }
        };
        answer(common.json, &made, |made| {
            let settings = made["settings"].as_object().into_iter().flatten();
            settings
                .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
                .collect()
        })?;
        if !common.json {
            for (at, step) in made["steps"].as_array().into_iter().flatten().enumerate() {
                note(&format!(
                    "{}. {}",
                    at + 1,
                    step.as_str().unwrap_or_default()
                ));
            }
        }
        Ok(())
    }
}

fn key() -> Result<SigningKey> {
    SigningKey::generate().map_err(|_| Failure::failed("no random source"))
}

/// What is set today, without what is blank.
fn parts(today: Option<&str>) -> Vec<&str> {
    let parts = today.unwrap_or_default().split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

fn signing(service: Service, today: Option<&str>) -> Result<Value> {
    let service = service.name();
    let key = key()?;
    let new = format!("{service}:{}", key.public_setting());
    let today = parts(today);
    let both = if today.is_empty() {
        format!("<as today>,{new}")
    } else {
        [today, vec![new.as_str()]].concat().join(",")
    };
    Ok(json!({
        "service": service,
        "settings": {
            "SUPPORTDESK_SIGNING_KEY": key.to_setting(),
            "SUPPORTDESK_TRUSTED_SIGNERS": both,
        },
        "steps": [
            "Set SUPPORTDESK_TRUSTED_SIGNERS for every service, so that both keys count, and restart them one by one.",
            format!("Set SUPPORTDESK_SIGNING_KEY for {service} alone, and restart it."),
            format!("A minute later take the old key of {service} out of SUPPORTDESK_TRUSTED_SIGNERS, and restart every service."),
        ],
    }))
}

fn portal(kid: &str, today: Option<&str>) -> Result<Value> {
    let today = unused(kid, today)?;
    let new = format!("{kid}:{}", key()?.to_setting());
    Ok(json!({
        "kid": kid,
        "settings": { "SUPPORTDESK_PORTAL_KEYS": last(&today, &new) },
        "steps": [
            "Set SUPPORTDESK_PORTAL_KEYS for auth, the new key last: it verifies, the first one signs. Restart auth.",
            "Six minutes later, when every gateway has fetched the keys, put the new key first and restart auth.",
            "After JWT_REFRESH_TTL (14 days) nobody has a token of the old key any more: take it out. To end such tokens at once, take it out now; everybody logs in again.",
        ],
    }))
}

fn pepper(id: &str, today: Option<&str>) -> Result<Value> {
    let today = unused(id, today)?;
    let new = format!(
        "{id}:{}",
        Alphanumeric.sample_string(&mut rand::rng(), PEPPER)
    );
    Ok(json!({
        "id": id,
        "settings": { "SUPPORTDESK_KEY_PEPPERS": last(&today, &new) },
        "steps": [
            "Set SUPPORTDESK_KEY_PEPPERS for project, the new pepper last: it verifies, the first one hashes. Restart project.",
            "Put the new pepper first and restart project: API keys that are issued from now on are hashed with it.",
            "Rotate the API keys that are older (`supportdeskctl api-keys rotate`), then take the old pepper out: it ends every key that was hashed with it.",
        ],
    }))
}

/// The setting of today, in which the id must not be.
fn unused<'a>(id: &str, today: Option<&'a str>) -> Result<Vec<&'a str>> {
    let today = parts(today);
    let used = |part: &&str| part.split_once(':').is_some_and(|(used, _)| used == id);
    if today.iter().any(used) {
        return Err(Failure::usage(format!(
            "the id {id} is in use: take another"
        )));
    }
    Ok(today)
}

/// The new key behind those of today. Theirs are secrets that nobody asked for, so only their ids
/// are written.
fn last(today: &[&str], new: &str) -> String {
    let known = today.iter().map(|part| {
        let id = part.split_once(':').map_or("", |(id, _)| id);
        format!("<{id} as today>")
    });
    let known = known.collect::<Vec<_>>().join(",");
    if known.is_empty() {
        format!("<as today>,{new}")
    } else {
        format!("{known},{new}")
    }
}

#[cfg(test)]
mod tests {
    use desk_identity::{Clock, Issuer, TrustedSigners, Verifier};

    use super::*;
    use crate::output::field;

    fn setting(made: &Value, name: &str) -> String {
        field(&made["settings"], name)
    }

    #[test]
    fn a_new_signing_key_counts_beside_the_old_one() {
        let old = SigningKey::generate().unwrap();
        let today = format!("sla-worker:{}", old.public_setting());
        let made = signing(Service::SlaWorker, Some(&today)).unwrap();
        let trusted: TrustedSigners = setting(&made, "SUPPORTDESK_TRUSTED_SIGNERS")
            .parse()
            .unwrap();
        let verifier = Verifier::new("ticket", &trusted).unwrap();
        let new = SigningKey::from_setting(&setting(&made, "SUPPORTDESK_SIGNING_KEY")).unwrap();
        let now = Clock::system().now();
        for key in [old, new] {
            let token = Issuer::new("sla-worker", &key).own_token("ticket", now);
            assert!(verifier.verify(&token.unwrap(), now).is_some());
        }
    }

    #[test]
    fn the_keys_of_today_are_not_printed() {
        let today = "2026:a-secret-of-some-length, 2025:another-secret-of-length";
        let made = pepper("2027", Some(today)).unwrap();
        let next = setting(&made, "SUPPORTDESK_KEY_PEPPERS");
        assert!(
            next.starts_with("<2026 as today>,<2025 as today>,2027:"),
            "{next}"
        );
        assert!(pepper("2025", Some(today)).is_err());
        assert!(portal("2025", Some(today)).is_err());
    }

    #[test]
    fn an_id_needs_no_escaping() {
        for (text, good) in [
            ("2027-01", true),
            ("", false),
            ("a:b", false),
            ("a,b", false),
        ] {
            assert_eq!(id(text).is_ok(), good, "{text}");
        }
    }
}
