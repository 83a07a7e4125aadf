//! What auth reads from the environment.

use anyhow::bail;
use desk_bus::{BusSettings, reconcile::OwnerSettings};
use desk_http::{database::DatabaseSettings, server::ServerSettings};
use secrecy::SecretString;

use crate::domain::Password;

/// A year, in minutes.
const YEAR: i64 = 525_600;

/// Every setting of `auth serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Ports, logs, internal keys.
    #[command(flatten)]
    pub server: ServerSettings,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The bus.
    #[command(flatten)]
    pub bus: BusSettings,
    /// Who owns what is kept here, for what events have not told.
    #[command(flatten)]
    pub owners: OwnerSettings,
    /// Portal keys, `kid:seed[,kid:seed]`: the first signs, all verify.
    #[arg(long, env = "SUPPORTDESK_PORTAL_KEYS", hide_env_values = true)]
    pub portal_keys: SecretString,
    /// How long tokens and sessions last.
    #[command(flatten)]
    pub lifetimes: Lifetimes,
    /// How many attempts are taken.
    #[command(flatten)]
    pub limits: Limits,
    /// Mails about accounts.
    #[command(flatten)]
    pub mails: MailSettings,
    /// The first super admin.
    #[command(flatten)]
    pub bootstrap: BootstrapSettings,
}

/// How long tokens and sessions last.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Lifetimes {
    /// Minutes that a token is good for.
    #[arg(long = "jwt-ttl", env = "JWT_TTL", default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=YEAR))]
    pub token_minutes: i64,
    /// Minutes from a session's start within which its token can be refreshed.
    #[arg(long = "jwt-refresh-ttl", env = "JWT_REFRESH_TTL", default_value_t = 20_160, value_parser = clap::value_parser!(i64).range(1..=YEAR))]
    pub refresh_minutes: i64,
}

/// How many attempts are taken (contract, Limits of rate).
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Limits {
    /// Failed logins in 15 minutes for an account from an address.
    #[arg(long, env = "SUPPORTDESK_LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS", default_value_t = 10, value_parser = clap::value_parser!(i64).range(1..))]
    pub login_failures_per_account_and_address: i64,
    /// Failed logins in 15 minutes from an address.
    #[arg(long, env = "SUPPORTDESK_LOGIN_FAILURES_PER_ADDRESS", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
    pub login_failures_per_address: i64,
    /// Failed logins in 15 minutes for an account.
    #[arg(long, env = "SUPPORTDESK_LOGIN_FAILURES_PER_ACCOUNT", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..))]
    pub login_failures_per_account: i64,
    /// Registrations in an hour from an address.
    #[arg(long, env = "SUPPORTDESK_REGISTRATIONS_PER_HOUR", default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..))]
    pub registrations_per_hour: i64,
    /// Links to reset a password asked for in an hour from an address.
    #[arg(long, env = "SUPPORTDESK_FORGOTTEN_PASSWORDS_PER_HOUR", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..))]
    pub forgotten_passwords_per_hour: i64,
    /// Mails in an hour to an account.
    #[arg(long, env = "SUPPORTDESK_ACCOUNT_MAILS_PER_HOUR", default_value_t = 3, value_parser = clap::value_parser!(i64).range(1..))]
    pub account_mails_per_hour: i64,
}

/// Mails about accounts.
#[derive(Debug, Clone, clap::Args)]
pub struct MailSettings {
    /// Where the notifier answers.
    #[arg(
        long,
        env = "SUPPORTDESK_NOTIFIER_URL",
        default_value = "http://127.0.0.1:8087"
    )]
    pub notifier_url: String,
    /// Where people reach the portal; mailed links begin with it, never with what a request says.
    #[arg(
        long,
        env = "SUPPORTDESK_PUBLIC_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    pub public_url: String,
}

/// The first super admin, made at start while there is none.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct BootstrapSettings {
    /// E-mail address.
    #[arg(long, env = "SUPPORTDESK_BOOTSTRAP_EMAIL")]
    pub bootstrap_email: Option<String>,
    /// Password, 8 to 1000 characters.
    #[arg(long, env = "SUPPORTDESK_BOOTSTRAP_PASSWORD", hide_env_values = true)]
    pub bootstrap_password: Option<SecretString>,
}

impl BootstrapSettings {
    /// Address (lower case) and password, when both are set and fit.
    ///
    /// # Errors
    /// One without the other, or one that breaks the rules of accounts.
    pub fn checked(&self) -> anyhow::Result<Option<(String, Password)>> {
        let blank = |text: &&String| text.trim().is_empty();
        let email = self.bootstrap_email.as_ref().filter(|email| !blank(email));
        let (email, password) = match (email, &self.bootstrap_password) {
            (None, None) => return Ok(None),
            (Some(email), Some(password)) => (email.trim(), Password::new(password.clone())),
            _ => {
                bail!("SUPPORTDESK_BOOTSTRAP_EMAIL and SUPPORTDESK_BOOTSTRAP_PASSWORD go together")
            }
        };
        let email = match address(email) {
            Ok(email) => email,
            Err(error) => bail!("SUPPORTDESK_BOOTSTRAP_EMAIL {error}"),
        };
        if let Err(error) = password.check_new(&()) {
            bail!("SUPPORTDESK_BOOTSTRAP_PASSWORD {error}");
        }
        Ok(Some((email, password)))
    }
}

/// An e-mail address as accounts have it: trimmed, lower case.
///
/// # Errors
/// What is none.
pub(crate) fn address(text: &str) -> Result<String, garde::Error> {
    let text = text.trim();
    desk_http::fields::email(text, &())?;
    Ok(text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bootstrap_settings_go_together_and_keep_the_rules() {
        for (email, password, expected) in [
            (None, None, Some(false)),
            (Some(" Root@Desk.test "), Some("long enough"), Some(true)),
            (Some("root@desk.test"), None, None),
            (None, Some("long enough"), None),
            (Some("root"), Some("long enough"), None),
            (Some("root@desk.test"), Some("short"), None),
        ] {
            let settings = BootstrapSettings {
                bootstrap_email: email.map(str::to_owned),
                bootstrap_password: password.map(|text| text.to_owned().into()),
            };
            let seen = settings.checked().ok();
            assert_eq!(seen.as_ref().map(Option::is_some), expected, "{email:?}");
            if let Some((email, _)) = seen.flatten() {
                assert_eq!(email, "root@desk.test");
            }
        }
    }
}
