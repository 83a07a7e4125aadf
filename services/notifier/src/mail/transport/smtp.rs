//! An SMTP server, by a few connections that are kept.
//!
//! The library's own pool cannot be given up: a send that is dropped half-way puts its connection
//! back, and the next mail would read the answer to the one before as its own. Here a connection
//! goes back only after a whole exchange that went well.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    Error,
    authentication::DEFAULT_MECHANISMS,
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{
    Failure, Mail,
    server::{Encryption, Server},
};

/// A connection that rested longer is not used again: the server may have closed it.
const RESTED: Duration = Duration::from_secs(20);
/// Connections kept at rest, at most.
const AT_REST: usize = 8;
/// How much of a server's answer is kept, in characters.
const ANSWER: usize = 300;

struct Resting {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// A server that passes mails on.
pub(in super::super) struct Smtp {
    server: Server,
    tls: TlsParameters,
    name: ClientId,
    timeout: Duration,
    resting: Mutex<Vec<Resting>>,
}

impl Smtp {
    pub(super) fn new(
        server: Server,
        name: &str,
        timeout: Duration,
        authorities: Option<Certificate>,
    ) -> anyhow::Result<Self> {
        let mut tls = TlsParameters::builder(server.host.clone());
        if let Some(authorities) = authorities {
            tls = tls.add_root_certificate(authorities);
        }
        Ok(Self {
            tls: tls.build()?,
            server,
            name: ClientId::Domain(name.to_owned()),
            timeout,
            resting: Mutex::default(),
        })
    }

    /// Sends within the time there is, whatever the server does.
    pub(super) async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        timeout(self.timeout, self.exchange(mail))
            .await
            .unwrap_or_else(|_| Err(Failure::Passing("no answer in time".to_owned())))
    }

    async fn exchange(&self, mail: &Mail) -> Result<(), Failure> {
        let mut connection = match self.rested().await {
            Some(connection) => connection,
            // Whatever goes wrong here is not this mail's fault.
            None => self.connect().await?,
        };
        connection
            .send(&mail.envelope, &mail.bytes)
            .await
            .map_err(|error| refusal(&error))?;
        self.rest(connection);
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let mut connection = self.greeted().await?;
        if self.server.encryption == Encryption::StartTls {
            let encrypted = connection.starttls(self.tls.clone(), &self.name).await;
            encrypted.map_err(|error| passing(&error))?;
        }
        if let Some(credentials) = &self.server.credentials {
            let signed_in = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            signed_in.map_err(|error| passing(&error))?;
        }
        Ok(connection)
    }

    /// A connection whose server said who it is.
    async fn greeted(&self) -> Result<AsyncSmtpConnection, Failure> {
        let server = (self.server.host.as_str(), self.server.port);
        let greeted = if self.server.encryption == Encryption::Tls {
            let (time, tls) = (Some(self.timeout), Some(self.tls.clone()));
            AsyncSmtpConnection::connect_tokio1(server, time, &self.name, tls, None).await
        } else {
            // The library writes a mail and its end apart: on a socket of its own making the end
            // waits until the server confirms the mail's packets, 40 ms mostly.
            let stream = TcpStream::connect(server).await;
            let stream = stream.map_err(|error| passing(&error))?;
            stream.set_nodelay(true).map_err(|error| passing(&error))?;
            AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.name).await
        };
        greeted.map_err(|error| passing(&error))
    }

    /// A connection that is still good.
    async fn rested(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let resting = self.resting().pop()?;
            let mut connection = resting.connection;
            if resting.since.elapsed() < RESTED && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    fn rest(&self, connection: AsyncSmtpConnection) {
        let mut resting = self.resting();
        if resting.len() < AT_REST && !connection.has_broken() {
            resting.push(Resting {
                connection,
                since: Instant::now(),
            });
        }
    }

    fn resting(&self) -> std::sync::MutexGuard<'_, Vec<Resting>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A 5xx is about this mail, unless the server asks who we are; so is what the mail needs and the
/// server does not offer.
fn refusal(error: &Error) -> Failure {
    let status = error.status().map(u16::from);
    let asks_who = status.is_some_and(|code| matches!(code, 530 | 534 | 535 | 538));
    if (error.is_permanent() && !asks_who) || error.is_client() {
        Failure::Lasting(describe(error))
    } else {
        passing(error)
    }
}

fn passing(error: &dyn std::error::Error) -> Failure {
    Failure::Passing(describe(error))
}

/// An error's words with its causes' and the server's answer, fit for the database.
fn describe(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        source = cause.source();
    }
    words
        .chars()
        .filter(|character| !character.is_control())
        .take(ANSWER)
        .collect()
}
