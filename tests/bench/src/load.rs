//! The closed-loop load generator: connections that are kept, one request in flight on each.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

use crate::{
    latency::{Latencies, micros},
    scale::Scale,
};

/// A request with its body at hand.
pub type Call = Request<Full<Bytes>>;

/// What to send: the n-th request of a connection.
pub trait Source: Send + Sync + 'static {
    /// Makes the request.
    fn call(&self, connection: usize, turn: u64) -> Result<Call>;
}

impl<F: Fn(usize, u64) -> Result<Call> + Send + Sync + 'static> Source for F {
    fn call(&self, connection: usize, turn: u64) -> Result<Call> {
        self(connection, turn)
    }
}

/// Where a load goes and what is a good answer.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The server.
    pub address: SocketAddr,
    /// Any other status is an error.
    pub expect: StatusCode,
}

/// What came of a load.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Good answers a second of the measured time.
    pub rate: f64,
    /// Their latencies.
    pub latencies: Latencies,
    /// Good answers of the whole load, the warm-up's too.
    pub all: u64,
    /// Requests that were answered badly or not at all, the warm-up's too.
    pub errors: u64,
    /// The first of these.
    pub first_error: Option<String>,
}

/// When measuring begins and when the load ends.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: Instant,
    to: Instant,
}

/// One connection's share of the outcome.
#[derive(Debug, Default)]
pub struct Tally {
    micros: Vec<u32>,
    all: u64,
    errors: u64,
    first_error: Option<String>,
}

/// Loads the target over so many connections.
///
/// # Errors
/// When a connection cannot be made at the start.
pub async fn run(
    target: Target,
    connections: usize,
    scale: &Scale,
    source: Arc<dyn Source>,
) -> Result<Outcome> {
    let clients = Client::connect_all(target.address, connections).await?;
    let from = Instant::now() + scale.warm;
    let window = Window {
        from,
        to: from + scale.measure,
    };
    let mut running = JoinSet::new();
    for (number, client) in clients.into_iter().enumerate() {
        running.spawn(keep_busy(
            client,
            target,
            number,
            window,
            Arc::clone(&source),
        ));
    }
    let tallies = running.join_all().await;
    Ok(sum_up(tallies, scale.measure))
}

async fn keep_busy(
    mut client: Client,
    target: Target,
    connection: usize,
    window: Window,
    source: Arc<dyn Source>,
) -> Tally {
    let mut tally = Tally::default();
    for turn in 0.. {
        let started = Instant::now();
        if started >= window.to {
            break;
        }
        let answered = match source.call(connection, turn) {
            Ok(call) => client.send(call, target.expect).await,
            Err(error) => Err(error),
        };
        let ended = Instant::now();
        let timed = ended >= window.from && ended < window.to;
        tally.add(answered, timed.then(|| micros(ended - started)));
    }
    tally
}

impl Tally {
    /// Counts an answer, and its microseconds where it was timed.
    pub fn add<T>(&mut self, answered: Result<T>, micros: Option<u32>) {
        match answered {
            Ok(_) => {
                self.all += 1;
                self.micros.extend(micros);
            }
            Err(error) => {
                self.errors += 1;
                self.first_error.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }
}

/// All connections' shares of so long a time.
pub fn sum_up(tallies: Vec<Tally>, measured: Duration) -> Outcome {
    let mut outcome = Outcome::default();
    let mut micros = Vec::new();
    for tally in tallies {
        micros.extend(tally.micros);
        outcome.all += tally.all;
        outcome.errors += tally.errors;
        outcome.first_error = outcome.first_error.or(tally.first_error);
    }
    outcome.latencies = Latencies::new(micros);
    outcome.rate = rate(outcome.latencies.count(), measured);
    outcome
}

/// So many in this time, a second.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of one run are far below 2^52"
)]
pub fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// One connection.
pub struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// Opens so many.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connect_all(address: SocketAddr, count: usize) -> Result<Vec<Self>> {
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            clients.push(Self::connect(address).await?);
        }
        Ok(clients)
    }

    /// Opens it.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        Ok(Self {
            address,
            sender: open(address).await?,
        })
    }

    /// Sends a request and reads the whole answer. A connection that the server closed is opened
    /// anew first.
    ///
    /// # Errors
    /// Another status than expected, with the answer's text; no answer at all.
    pub async fn send(&mut self, call: Call, expect: StatusCode) -> Result<Bytes> {
        if self.sender.ready().await.is_err() {
            self.sender = open(self.address).await?;
        }
        let answer = self.sender.send_request(call).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if status != expect {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }
}

async fn open(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("{address} does not listen"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the sender; an error reaches whoever waits for the answer.
    tokio::spawn(connection);
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};

    use super::*;

    const SHORT: Scale = Scale {
        warm: Duration::from_millis(50),
        measure: Duration::from_millis(200),
        tickets: &[],
    };

    async fn server() -> SocketAddr {
        let app = Router::new()
            .route("/good", get(|| async { "yes" }))
            .route("/bad", get(|| async { (StatusCode::CONFLICT, "no") }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, app).into_future());
        address
    }

    async fn load(path: &'static str) -> Outcome {
        let target = Target {
            address: server().await,
            expect: StatusCode::OK,
        };
        let source = move |_, _| {
            Ok(Request::get(path)
                .header("host", "x")
                .body(Full::default())?)
        };
        run(target, 2, &SHORT, Arc::new(source)).await.unwrap()
    }

    #[tokio::test]
    async fn good_answers_are_counted_and_timed() {
        let outcome = load("/good").await;
        assert_eq!(outcome.errors, 0);
        assert!(outcome.rate > 0.0);
        assert!(outcome.all > outcome.latencies.count() as u64);
    }

    #[tokio::test]
    async fn other_answers_are_errors_and_have_no_latency() {
        let outcome = load("/bad").await;
        assert_eq!((outcome.all, outcome.latencies.count()), (0, 0));
        assert!(outcome.errors > 0);
        assert_eq!(outcome.first_error.as_deref(), Some("409 Conflict: no"));
    }
}
