//! How mails get out: into a folder, or to an SMTP server.

mod folder;
mod server;
mod smtp;

use std::time::Duration;

use anyhow::bail;
use lettre::transport::smtp::client::Certificate;
use secrecy::{ExposeSecret, SecretString};

use self::{folder::Folder, server::Server, smtp::Smtp};
use super::compose::Mail;

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// May go another time.
    Passing(String),
    /// This mail will never go: the server refuses it for itself.
    Lasting(String),
}

/// Where mails go.
pub(super) enum Transport {
    /// A file each, for people who look at them.
    Folder(Folder),
    /// A server that passes them on.
    Smtp(Smtp),
}

impl Transport {
    /// By its URL; `name` is what this process calls itself, `authorities` are trusted besides the
    /// system's.
    ///
    /// # Errors
    /// A URL that is none of ours, which is not quoted, or a folder that cannot be made.
    pub(super) fn open(
        url: &SecretString,
        name: &str,
        timeout: Duration,
        authorities: Option<Certificate>,
    ) -> anyhow::Result<Self> {
        let url = url.expose_secret();
        if let Some(path) = url.strip_prefix("folder:") {
            return Ok(Self::Folder(Folder::open(path.into())?));
        }
        match Server::parse(url) {
            Some(server) => Ok(Self::Smtp(Smtp::new(server, name, timeout, authorities)?)),
            None => bail!(
                "like folder:<path>, smtps://user:password@host or smtp://user:password@host:587, the latter with ?tls=none for no encryption (and no password)"
            ),
        }
    }

    /// Sends a mail; it is with the folder or the server when this returns.
    pub(super) async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        match self {
            Self::Folder(folder) => folder.send(mail).await,
            Self::Smtp(smtp) => smtp.send(mail).await,
        }
    }
}
