//! A mail server that keeps what it takes. Its own death is the wire's business.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use mailin::{Action, Handler, Response, SessionBuilder, response::OK};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// The server; it listens as long as this program runs.
pub struct Post {
    address: SocketAddr,
    mails: Mails,
}

/// Everything that was taken.
#[derive(Clone, Default)]
struct Mails(Arc<Mutex<Vec<String>>>);

impl Mails {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post {
    /// On a port of its own.
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mails = Mails::default();
        let clerks = mails.clone();
        tokio::spawn(async move {
            while let Ok((connection, client)) = listener.accept().await {
                tokio::spawn(serve(connection, client, clerks.clone()));
            }
        });
        Ok(Self { address, mails })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The Message-ID of every mail that it has taken.
    pub fn ids(&self) -> Vec<String> {
        let mails = self.mails.lock();
        mails.iter().map(|mail| id(mail).to_owned()).collect()
    }
}

/// One connection, to its end.
async fn serve(connection: TcpStream, client: SocketAddr, mails: Mails) -> io::Result<()> {
    let clerk = Clerk {
        mails,
        mail: Vec::new(),
    };
    let mut session = SessionBuilder::new("post.test").build(client.ip(), clerk);
    let (from, mut to) = connection.into_split();
    let mut from = BufReader::new(from);
    let mut answer = session.greeting();
    let mut line = Vec::new();
    loop {
        if answer.action != Action::NoReply {
            to.write_all(&answer.buffer()?).await?;
        }
        line.clear();
        let is_over = answer.action == Action::Close;
        if is_over || from.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        answer = session.process(&line);
    }
}

/// Its side of a connection.
struct Clerk {
    mails: Mails,
    mail: Vec<u8>,
}

impl Handler for Clerk {
    fn data(&mut self, part: &[u8]) -> io::Result<()> {
        self.mail.extend_from_slice(part);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mail = std::mem::take(&mut self.mail);
        let mail = String::from_utf8_lossy(&mail).into_owned();
        self.mails.lock().push(mail);
        OK
    }
}

/// Its header; empty when there is none. Headers here are not folded.
fn id(mail: &str) -> &str {
    let head = mail.split("\r\n\r\n").next().unwrap_or_default();
    let mut ids = head
        .lines()
        .filter_map(|line| line.strip_prefix("Message-ID: "));
    ids.next_back().unwrap_or_default()
}
