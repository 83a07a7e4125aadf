//! Connections as a server takes them: no more than it can hold, each with a time for the head of
//! its next request and for taking an answer.
//!
//! Whoever connects and says nothing, says it a byte at a time or never listens costs a connection
//! and its buffers, so all of these are bounded. What is refused here is closed without a word:
//! an answer would cost what the limit is there to save.

use std::{
    collections::HashMap,
    io::ErrorKind,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use crate::edge::{TrustedProxies, limit_unit};

/// The longest head, in bytes; a longer one is a 431. More than a hundred headers are one, too.
const HEAD_BYTES: usize = 32 * 1024;
/// What a connection may buffer, in bytes.
const BUFFER: usize = 64 * 1024;
/// How long a client may take nothing of its answer.
const DEAF: Duration = Duration::from_secs(30);
/// The wait after an error that is no connection's own, such as having no file left.
const PAUSE: Duration = Duration::from_millis(200);

/// How many connections one address may have at once, and for whom that does not hold.
#[derive(Debug, Clone)]
pub struct PerAddress {
    /// So many; an IPv6 network of 64 bits counts as one address.
    pub most: usize,
    /// Proxies, who have the connections of all their clients.
    pub but: TrustedProxies,
}

/// Serves until told to stop, and then until the last request is answered. The head of a request
/// may take as long as `idle`, counted from the answer before.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    places: Places,
    idle: Duration,
    stop: CancellationToken,
) {
    let router = router.with_state(());
    let (http, graceful) = (http(idle), GracefulShutdown::new());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                recover(&error).await;
                continue;
            }
        };
        let Some(place) = places.take(client.ip()) else {
            metrics::counter!("rate_limited_total", "limit" => "connections").increment(1);
            tracing::debug!(%client, "one connection too many");
            continue;
        };
        bound(&stream);
        let router = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(client));
            router.clone().call(request.map(Body::new))
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%client, %error, "a connection broke off");
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

fn http(idle: Duration) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(idle)
        .max_header_size(HEAD_BYTES)
        .max_buf_size(BUFFER);
    http
}

async fn recover(error: &std::io::Error) {
    let its_own = matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    );
    if !its_own {
        tracing::error!(%error, "no connection can be taken");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Lets the system close the connection of a client that takes nothing. A socket that knows no
/// such option serves without it.
fn bound(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(stream).set_tcp_user_timeout(Some(DEAF));
    let _ = stream.set_nodelay(true);
}

/// Room for connections; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    taken: AtomicUsize,
    per_address: Option<PerAddress>,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

impl Places {
    /// `most` at all, and no more than half of the files that the process may open, since the
    /// other half goes to upstreams and databases.
    pub(crate) fn new(most: usize, per_address: Option<PerAddress>) -> Self {
        metrics::counter!("rate_limited_total", "limit" => "connections").increment(0);
        Self(Arc::new(Inner {
            most: most.min(files() / 2),
            taken: AtomicUsize::new(0),
            per_address,
            by_address: Mutex::default(),
        }))
    }

    /// A place, unless all are taken or the address has its share.
    fn take(&self, address: IpAddr) -> Option<Place> {
        let mut place = Place {
            of: Arc::clone(&self.0),
            unit: None,
        };
        if self.0.taken.fetch_add(1, Ordering::Relaxed) >= self.0.most {
            return None;
        }
        let address = address.to_canonical();
        if let Some(limit) = &self.0.per_address
            && !limit.but.contains(address)
        {
            let unit = limit_unit(address);
            let mut counts = self.0.counts();
            let count = counts.entry(unit).or_default();
            if *count >= limit.most {
                return None;
            }
            *count += 1;
            place.unit = Some(unit);
        }
        Some(place)
    }
}

impl Inner {
    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, usize>> {
        // A count is whole whatever happened to its holder.
        let counts = self.by_address.lock();
        counts.unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place, given back when dropped.
struct Place {
    of: Arc<Inner>,
    unit: Option<IpAddr>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.taken.fetch_sub(1, Ordering::Relaxed);
        let Some(unit) = self.unit else { return };
        let mut counts = self.of.counts();
        if let Some(count) = counts.get_mut(&unit) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&unit);
            }
        }
    }
}

/// Asks for as many files as the system grants: a shell's or a container's first limit is often
/// 1,024, which as many idle clients use up.
pub(crate) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
}

fn files() -> usize {
    let current = getrlimit(Resource::Nofile).current;
    current.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_share_and_proxies_have_more() {
        let places = Places::new(
            6,
            Some(PerAddress {
                most: 2,
                but: "10.0.0.0/8".parse().unwrap(),
            }),
        );
        let take = |text: &str| places.take(address(text));
        let first = take("2001:db8::1").unwrap();
        let _second = take("2001:db8::2").unwrap();
        assert!(take("2001:db8::3").is_none());
        drop(first);
        let _again = take("2001:db8::3").unwrap();
        let _other = take("198.51.100.1").unwrap();
        let _proxy: Vec<Place> = (0..3).map(|_| take("10.0.0.1").unwrap()).collect();
        assert!(take("10.0.0.1").is_none(), "all are taken");
        assert!(take("198.51.100.2").is_none(), "all are taken");
    }

    #[test]
    fn what_is_given_back_leaves_nothing() {
        let per_address = PerAddress {
            most: 1,
            but: TrustedProxies::default(),
        };
        let places = Places::new(1, Some(per_address));
        for last in 0..20 {
            let client = address(&format!("198.51.100.{last}"));
            let place = places.take(client).unwrap();
            assert!(places.take(client).is_none());
            drop(place);
        }
        assert_eq!(places.0.taken.load(Ordering::Relaxed), 0);
        assert!(places.0.counts().is_empty());
    }

    async fn server(most: usize) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
        let router =
            Router::new().route(
                "/",
                get(|ConnectInfo(client): ConnectInfo<SocketAddr>| async move {
                    client.ip().to_string()
                }),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(
            listener,
            router,
            Places::new(most, None),
            Duration::from_secs(9),
            stop.clone(),
        ));
        (address, stop, task)
    }

    async fn asked(stream: &mut TcpStream, request: &str) -> String {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await.unwrap_or(0);
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    #[tokio::test]
    async fn a_connection_too_many_is_closed_and_the_others_are_served() {
        let (address, stop, task) = server(1).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        let request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        let answer = asked(&mut first, request).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"));
        let mut second = TcpStream::connect(address).await.unwrap();
        assert_eq!(asked(&mut second, "").await, "");
        assert!(asked(&mut first, request).await.contains("200 OK"));

        stop.cancel();
        task.await.unwrap();
        assert_eq!(asked(&mut first, "").await, "", "idle ones are closed");
    }

    #[tokio::test]
    async fn a_head_too_long_is_a_431() {
        let (address, ..) = server(1000).await;
        for head in [
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(40_000)),
            format!(
                "GET / HTTP/1.1\r\nhost: x\r\n{}\r\n",
                "a: b\r\n".repeat(200)
            ),
        ] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let answer = asked(&mut stream, &head).await;
            assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        }
    }
}
