//! Where mails go, from whom they come, and how patiently they are sent.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use lettre::{message::Mailbox, transport::smtp::client::Certificate};
use secrecy::SecretString;
use url::Url;

use super::{templates::Templates, transport::Transport};

/// What `notifier serve` reads about mail.
#[derive(Debug, Clone, clap::Args)]
pub struct MailSettings {
    /// Where mails go: `folder:<path>` (a file `.eml` each), `smtps://user:password@host` (TLS from
    /// the first byte) or `smtp://user:password@host:587` (STARTTLS, required; `?tls=none` does
    /// without, for a relay on the same machine).
    #[arg(long, env = "SUPPORTDESK_MAIL_URL", hide_env_values = true)]
    pub mail_url: SecretString,
    /// A file of certificates (PEM) that are trusted besides the system's: for a mail server whose
    /// certificate comes from an authority of one's own.
    #[arg(long, env = "SUPPORTDESK_MAIL_CA_FILE")]
    pub mail_ca_file: Option<PathBuf>,
    /// From whom mails come: `SupportDesk <support@example.com>`. What follows the `@` is the
    /// domain of message ids, too: keep it.
    #[arg(long, env = "SUPPORTDESK_MAIL_FROM")]
    pub mail_from: Mailbox,
    /// Where people reach the portal; mails link to `<url>/tickets/<id>`. Without it they link to
    /// nothing.
    #[arg(long, env = "SUPPORTDESK_PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// A folder of templates that are used in place of those compiled in, file by file.
    #[arg(long, env = "SUPPORTDESK_MAIL_TEMPLATES")]
    pub mail_templates: Option<PathBuf>,
    /// How many mails are sent at the same time.
    #[arg(long, env = "SUPPORTDESK_MAIL_CONCURRENCY", default_value_t = 8,
          value_parser = clap::value_parser!(u8).range(1..=64))]
    pub mail_concurrency: u8,
    /// How long sending one mail may take.
    #[arg(long, env = "SUPPORTDESK_MAIL_TIMEOUT_SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u16).range(1..=600))]
    pub mail_timeout_seconds: u16,
    /// After how many attempts a mail is a dead letter. Waits double from 30 s up to 2 h: the
    /// default takes most of a day.
    #[arg(long, env = "SUPPORTDESK_MAIL_ATTEMPTS", default_value_t = 16,
          value_parser = clap::value_parser!(u8).range(1..=100))]
    pub mail_attempts: u8,
}

/// Everything that sending takes, opened and checked.
#[derive(Clone)]
pub struct Mailing(pub(super) Arc<Parts>);

pub(super) struct Parts {
    pub(super) transport: Transport,
    pub(super) templates: Templates,
    pub(super) from: Mailbox,
    /// The tickets' addresses begin with this.
    pub(super) tickets: Option<String>,
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    pub(super) attempts: i32,
}

impl fmt::Debug for Mailing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailing").finish_non_exhaustive()
    }
}

impl MailSettings {
    /// Opens the folder or prepares the connections, and tries every template.
    ///
    /// # Errors
    /// A URL that is none, a folder that cannot be written, certificates that cannot be read, a
    /// template that does not render.
    pub fn open(&self) -> anyhow::Result<Mailing> {
        let timeout = Duration::from_secs(self.mail_timeout_seconds.into());
        let domain = self.mail_from.email.domain();
        let authorities = match &self.mail_ca_file {
            Some(file) => Some(authorities(file).context("SUPPORTDESK_MAIL_CA_FILE")?),
            None => None,
        };
        let transport = Transport::open(&self.mail_url, domain, timeout, authorities);
        let templates = Templates::load(self.mail_templates.as_deref());
        let portal = self.public_url.as_ref();
        Ok(Mailing(Arc::new(Parts {
            transport: transport.context("SUPPORTDESK_MAIL_URL")?,
            templates: templates.context("SUPPORTDESK_MAIL_TEMPLATES")?,
            from: self.mail_from.clone(),
            tickets: portal.map(|url| format!("{}/tickets", url.as_str().trim_end_matches('/'))),
            concurrency: self.mail_concurrency.into(),
            timeout,
            attempts: self.mail_attempts.into(),
        })))
    }
}

/// The certificates in a file; one at least.
fn authorities(file: &Path) -> anyhow::Result<Certificate> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let pem = std::fs::read(file)?;
    // The library takes a file without any for a file of none.
    ensure!(
        pem.windows(BEGIN.len()).any(|part| part == BEGIN),
        "no certificate (PEM) in it"
    );
    Ok(Certificate::from_pem(&pem)?)
}
