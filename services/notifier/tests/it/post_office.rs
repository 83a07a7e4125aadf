//! A real SMTP server in this process, and the folder of the local stack.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use mailin_embedded::{
    Handler, Response, Server, SslConfig,
    response::{INTERNAL_ERROR, NO_MAILBOX, OK},
};
use notifier::mail::{MailSettings, Mailing};
use uuid::Uuid;

/// What the server says to a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Takes,
    /// 4xx.
    TooBusy,
    /// 5xx.
    KnowsNobody,
}

/// An SMTP server that keeps what it takes.
#[derive(Clone)]
pub struct PostOffice {
    url: String,
    inside: Arc<Mutex<Inside>>,
}

struct Inside {
    mood: Mood,
    mails: Vec<String>,
}

impl PostOffice {
    pub fn open() -> Self {
        Self::open_at("127.0.0.1:0".parse().unwrap())
    }

    /// Where another server was, or seemed to be.
    pub fn open_at(address: SocketAddr) -> Self {
        Self::open_with(address, SslConfig::None, "?tls=none")
    }

    /// One that encrypts when asked to.
    pub fn open_encrypting(certificate: SslConfig) -> Self {
        Self::open_with("127.0.0.1:0".parse().unwrap(), certificate, "")
    }

    fn open_with(address: SocketAddr, certificate: SslConfig, query: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let url = format!("smtp://{}{query}", listener.local_addr().unwrap());
        let inside = Arc::new(Mutex::new(Inside {
            mood: Mood::Takes,
            mails: Vec::new(),
        }));
        let clerk = Clerk {
            inside: Arc::clone(&inside),
            mail: Vec::new(),
        };
        let mut server = Server::new(clerk);
        server.with_name("post.test").with_tcp_listener(listener);
        server.with_ssl(certificate).unwrap();
        thread::spawn(move || server.serve().unwrap());
        Self { url, inside }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it treats mails from now on.
    pub fn set_mood(&self, mood: Mood) {
        self.inside().mood = mood;
    }

    /// Everything it has taken.
    pub fn mails(&self) -> Vec<String> {
        self.inside().mails.clone()
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

/// One connection's side of it.
#[derive(Clone)]
struct Clerk {
    inside: Arc<Mutex<Inside>>,
    mail: Vec<u8>,
}

impl Handler for Clerk {
    fn rcpt(&mut self, _: &str) -> Response {
        match self.inside.lock().unwrap().mood {
            Mood::Takes => OK,
            Mood::TooBusy => INTERNAL_ERROR,
            Mood::KnowsNobody => NO_MAILBOX,
        }
    }

    fn data(&mut self, part: &[u8]) -> io::Result<()> {
        self.mail.extend_from_slice(part);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mail = std::mem::take(&mut self.mail);
        let mail = String::from_utf8(mail).unwrap();
        self.inside.lock().unwrap().mails.push(mail);
        OK
    }
}

/// A folder that mails go to.
pub struct Pigeonhole {
    path: PathBuf,
}

impl Pigeonhole {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mails-{}", Uuid::now_v7().simple()));
        Self { path }
    }

    pub fn url(&self) -> String {
        format!("folder:{}", self.path.display())
    }

    /// The mails in it, in the order of their events.
    pub fn mails(&self) -> Vec<String> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&self.path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        files.sort();
        let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
        files.iter().map(read).collect()
    }
}

impl Drop for Pigeonhole {
    fn drop(&mut self) {
        // There is none before the first mail.
        drop(std::fs::remove_dir_all(&self.path));
    }
}

/// Mails go to this URL; one that does not answer is given up after a second.
pub fn mailing(url: &str) -> Mailing {
    settings(url, None).open().unwrap()
}

/// The settings for that, with certificates to be trusted.
pub fn settings(url: &str, mail_ca_file: Option<PathBuf>) -> MailSettings {
    MailSettings {
        mail_url: url.into(),
        mail_ca_file,
        mail_from: "SupportDesk <support@desk.test>".parse().unwrap(),
        public_url: Some("https://portal.test".parse().unwrap()),
        mail_templates: None,
        mail_concurrency: 2,
        mail_timeout_seconds: 1,
        mail_attempts: 3,
    }
}

/// A header's value; headers here are not folded.
pub fn header<'a>(mail: &'a str, name: &str) -> Option<&'a str> {
    let head = mail.split("\r\n\r\n").next()?;
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
