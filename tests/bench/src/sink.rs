//! A mail server of the bench's own: it notes when each mail was handed over, and hangs when it is
//! told to.

use std::{
    collections::BTreeMap,
    io,
    net::TcpListener,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use anyhow::{Result, anyhow};
use mailin_embedded::{Handler, Response, Server, SslConfig, response::OK};

/// All mails about a ticket answer to `<ticket-7@domain>`.
const THREAD: &str = "<ticket-";

/// Connections at once, with a thread each: more than the notifier has.
const CONNECTIONS: u32 = 64;

/// A mail server that takes everything.
#[derive(Clone)]
pub struct Sink {
    /// For the notifier's settings.
    pub url: String,
    inside: Arc<Inside>,
}

#[derive(Default)]
struct Inside {
    mails: Mutex<Mails>,
    moved: Condvar,
}

#[derive(Default)]
struct Mails {
    /// When the first mail about a ticket was there, whole.
    by_ticket: BTreeMap<i64, Instant>,
    hangs: bool,
}

impl Sink {
    /// Opens it. Its threads end with the process.
    ///
    /// # Errors
    /// When nothing can listen.
    pub fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("smtp://{}?tls=none", listener.local_addr()?);
        let inside = Arc::new(Inside::default());
        let mut server = Server::new(Clerk {
            inside: Arc::clone(&inside),
            mail: Vec::new(),
        });
        server
            .with_name("bench.local")
            .with_num_threads(CONNECTIONS)
            .with_tcp_listener(listener);
        // The library's errors are not all fit for other threads.
        let unfit = |error: &dyn std::fmt::Display| anyhow!("the mail server: {error}");
        server
            .with_ssl(SslConfig::None)
            .map_err(|error| unfit(&error))?;
        thread::spawn(move || {
            if let Err(error) = server.serve() {
                xtask::say::line(unfit(&error));
            }
        });
        Ok(Self { url, inside })
    }

    /// When mails about tickets were handed over, by ticket.
    pub fn mails(&self) -> BTreeMap<i64, Instant> {
        self.inside.lock().by_ticket.clone()
    }

    /// From now on no mail's end is answered, until it is told otherwise.
    pub fn hang(&self, hangs: bool) {
        self.inside.lock().hangs = hangs;
        self.inside.moved.notify_all();
    }
}

impl Inside {
    fn lock(&self) -> MutexGuard<'_, Mails> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, ticket: Option<i64>) {
        let mut mails = self.lock();
        while mails.hangs {
            mails = self
                .moved
                .wait(mails)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(ticket) = ticket {
            mails.by_ticket.entry(ticket).or_insert_with(Instant::now);
        }
    }
}

/// One connection's side of it.
#[derive(Clone)]
struct Clerk {
    inside: Arc<Inside>,
    mail: Vec<u8>,
}

impl Handler for Clerk {
    fn data(&mut self, part: &[u8]) -> io::Result<()> {
        self.mail.extend_from_slice(part);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        self.inside.take(ticket(&self.mail));
        self.mail.clear();
        OK
    }
}

/// Which ticket a mail is about.
fn ticket(mail: &[u8]) -> Option<i64> {
    let mail = String::from_utf8_lossy(mail);
    let (_, rest) = mail.split_once(THREAD)?;
    rest.split_once('@')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_tells_its_ticket() {
        let mail = b"Subject: x\r\nIn-Reply-To: <ticket-42@bench.local>\r\n\r\nHello";
        assert_eq!(ticket(mail), Some(42));
        assert_eq!(ticket(b"Subject: Set a new password\r\n\r\n"), None);
    }
}
