//! A door in front of a server that can be shut: what a network outage looks like.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub struct Proxy {
    address: SocketAddr,
    open: watch::Sender<bool>,
    knocked: Arc<AtomicUsize>,
}

impl Proxy {
    /// A door to `host:port` of a URL.
    pub async fn to(url: &str) -> Self {
        let (_, rest) = url.split_once("://").unwrap();
        let host = rest
            .split('/')
            .next()
            .unwrap()
            .rsplit('@')
            .next()
            .unwrap()
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, is_open) = watch::channel(true);
        let knocked: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&knocked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(carry(client, host.clone(), is_open.clone()));
            }
        });
        Self {
            address,
            open,
            knocked,
        }
    }

    /// The same URL through this door.
    pub fn url(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (place, path) = rest
            .split_once('/')
            .map_or((rest, ""), |(place, path)| (place, path));
        let user = place
            .rsplit_once('@')
            .map_or(String::new(), |(user, _)| format!("{user}@"));
        format!("{scheme}://{user}{}/{path}", self.address)
    }

    /// Cuts every connection and takes no new one.
    pub fn shut(&self) {
        self.open.send_replace(false);
    }

    pub fn reopen(&self) {
        self.open.send_replace(true);
    }

    /// How many connections were tried, taken or not.
    pub fn knocked(&self) -> usize {
        self.knocked.load(Ordering::SeqCst)
    }
}

async fn carry(mut client: TcpStream, host: String, mut is_open: watch::Receiver<bool>) {
    if !*is_open.borrow() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(host).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = is_open.wait_for(|open| !open) => {}
    }
}
