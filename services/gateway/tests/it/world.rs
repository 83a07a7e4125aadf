//! A gateway with its upstreams, and what tests do with it.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use clap::Parser;
use desk_http::{Gatekeeper, layers::dress};
use desk_identity::{
    Clock, Issuer, PortalClaims, PortalSigner, Role, SigningKey, TrustedSigners, Verifier,
    portal::PortalSession,
};
use gateway::{App, EdgeSettings};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::upstreams::{self, Auth};

/// Everything around one gateway.
pub struct World {
    pub auth: Arc<Auth>,
    pub clock: Clock,
    /// Opens the second half of a streamed answer.
    pub gate: Arc<Notify>,
    pub issuer: Issuer,
    address: SocketAddr,
    http: reqwest::Client,
    stop: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    edge: EdgeSettings,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The echo of a request that arrived.
    pub fn echoed(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }

    /// An error in the envelope.
    pub fn refused(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.json()["error"].is_string(), "{}", self.text);
        self
    }
}

pub fn signer(kid: &str) -> PortalSigner {
    format!("{kid}:{}", SigningKey::generate().unwrap().to_setting())
        .parse()
        .unwrap()
}

impl World {
    /// A gateway that has heard of auth, with settings beside the defaults.
    pub async fn start(settings: &[&str]) -> Self {
        let world = Self::cold(settings, false).await;
        let token = world.token();
        eventually(|| async { world.get("/api/tickets", &token).await.status == 200 }).await;
        world
    }

    /// A gateway that was just started, auth being down or not.
    pub async fn cold(settings: &[&str], auth_down: bool) -> Self {
        let key = SigningKey::generate().unwrap();
        let trusted: TrustedSigners = format!("gateway:{}", key.public_setting()).parse().unwrap();
        let clock = Clock::system();
        let gatekeeper = |name| Gatekeeper {
            verifier: Verifier::new(name, &trusted).unwrap(),
            clock: clock.clone(),
        };
        let auth = Auth::new(signer("k1"));
        auth.down.store(auth_down, Ordering::Relaxed);
        let gate = Arc::new(Notify::new());
        let mut arguments = vec!["gateway".to_owned()];
        let auth_url = upstreams::serve(auth.router(gatekeeper("auth"))).await;
        arguments.push(format!("--auth-url={auth_url}"));
        for name in [
            "project",
            "ticket",
            "reporting",
            "notifier",
            "external-gateway",
        ] {
            let router = upstreams::service(name, gatekeeper(name), &gate);
            arguments.push(format!("--{name}-url={}", upstreams::serve(router).await));
        }
        // A later argument wins over an earlier one.
        for setting in settings {
            let name = setting.split('=').next().unwrap();
            arguments.retain(|argument| !argument.starts_with(&format!("{name}=")));
            arguments.push((*setting).to_owned());
        }
        let edge = Arguments::parse_from(arguments).edge;
        let issuer = Issuer::new("gateway", &key);
        let app = Arc::new(App::new(&edge, issuer.clone(), clock.clone()).unwrap());
        let stop = CancellationToken::new();
        drop(gateway::start_background(&app, &stop));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service =
            dress(gateway::router(app)).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            auth,
            clock,
            gate,
            issuer,
            address,
            http,
            stop,
        }
    }

    pub fn claims(&self, user_id: i64, session: i64, jti: &str) -> PortalClaims {
        let started_at = self.clock.now();
        let session = PortalSession {
            id: session,
            user_id,
            role: Role::Agent,
            generation: 2,
            started_at,
        };
        PortalClaims::new(
            &session,
            jti.to_owned(),
            started_at,
            time::Duration::hours(1),
        )
    }

    /// A token of user 7 in session 70.
    pub fn token(&self) -> String {
        self.token_of(7, 70, "token-7")
    }

    pub fn token_of(&self, user_id: i64, session: i64, jti: &str) -> String {
        let claims = self.claims(user_id, session, jti);
        self.auth.signer.lock().unwrap().sign(&claims).unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.address))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(token))
            .await
    }

    /// A bare connection.
    pub async fn socket(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends a path as it is: clients tidy it up before they send it.
    pub async fn get_raw(&self, path: &str, token: &str) -> String {
        let mut socket = self.socket().await;
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// Waits for a condition.
pub async fn eventually<F: Future<Output = bool>>(check: impl FnMut() -> F) {
    within(Duration::from_secs(10), check).await;
}

/// Waits for a condition that must come true soon.
pub async fn within<F: Future<Output = bool>>(limit: Duration, mut check: impl FnMut() -> F) {
    let end = Instant::now() + limit;
    while !check().await {
        assert!(Instant::now() < end, "not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
