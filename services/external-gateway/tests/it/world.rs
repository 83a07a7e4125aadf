//! An external gateway with its upstreams, and what tests do with it.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use clap::Parser;
use desk_bus::{Bus, BusSettings};
use desk_events::{Aggregate, AggregateKind, ApiKeyState, Event, Fact};
use desk_http::{Gatekeeper, layers::dress};
use desk_identity::{Caller, Clock, Issuer, SigningKey, TrustedSigners, Verifier};
use external_gateway::{App, KeySettings};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::upstreams::{self, Project};

/// A good pair.
pub const KEY: &str = "sk_abcdefghijklmnopqrstuvwxyz012345";
pub const SECRET: &str = "ss_good";

/// Everything around one external gateway.
pub struct World {
    pub project: Arc<Project>,
    pub clock: Clock,
    pub app: Arc<App>,
    bus: Bus,
    gateway: Issuer,
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
    keys: KeySettings,
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

    /// A number in a header.
    pub fn number(&self, name: &str) -> u32 {
        self.headers[name].to_str().unwrap().parse().unwrap()
    }
}

impl World {
    /// With settings beside the defaults; key 3 of project 1 is good from anywhere.
    pub async fn start(settings: &[&str]) -> Self {
        let (own, gateway) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        );
        let trusted: TrustedSigners = format!(
            "external-gateway:{},gateway:{}",
            own.public_setting(),
            gateway.public_setting()
        )
        .parse()
        .unwrap();
        let clock = Clock::system();
        let gatekeeper = |name| Gatekeeper {
            verifier: Verifier::new(name, &trusted).unwrap(),
            clock: clock.clone(),
        };
        let project = Arc::new(Project::default());
        let project_url = upstreams::serve(project.router()).await;
        let ticket_url = upstreams::serve(upstreams::ticket(gatekeeper("ticket"))).await;
        let mut arguments = vec![
            "external-gateway".to_owned(),
            format!("--project-url={project_url}"),
        ];
        if settings
            .iter()
            .all(|setting| !setting.starts_with("--ticket-url"))
        {
            arguments.push(format!("--ticket-url={ticket_url}"));
        }
        arguments.extend(settings.iter().map(|setting| (*setting).to_owned()));
        let keys = Arguments::parse_from(arguments).keys;
        let issuer = Issuer::new("external-gateway", &own);
        let app = Arc::new(App::new(&keys, issuer, gatekeeper("external-gateway")).unwrap());

        let nats = std::env::var("SUPPORTDESK_TEST_NATS_URL").expect("SUPPORTDESK_TEST_NATS_URL");
        let settings = BusSettings::isolated(nats, Uuid::now_v7().simple().to_string());
        let bus = Bus::connect(&settings, "external-gateway").await.unwrap();
        let stop = CancellationToken::new();
        drop(external_gateway::start_background(&app, bus.clone(), &stop));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = external_gateway::router(Arc::clone(&app));
        let service = dress(router).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let gateway = Issuer::new("gateway", &gateway);
        let world = Self {
            project,
            clock,
            app,
            bus,
            gateway,
            address,
            http,
            stop,
        };
        world.accept(KEY, 3, &json!([]), &Value::Null);
        world
    }

    /// Makes a key with the good secret known to project.
    pub fn accept(&self, key: &str, id: i64, allowed: &Value, expires_at: &Value) {
        let answer = json!({
            "key_id": id,
            "project": {"id": 1, "name": "NaijaHomes", "slug": "naijahomes", "prefix": "NAIJ"},
            "allowed_ips": allowed,
            "expires_at": expires_at,
        });
        self.project
            .keys
            .lock()
            .unwrap()
            .insert((key.to_owned(), SECRET.to_owned()), answer);
    }

    /// Makes project refuse a key from now on.
    pub fn revoke(&self, key: &str) {
        self.project
            .keys
            .lock()
            .unwrap()
            .remove(&(key.to_owned(), SECRET.to_owned()));
    }

    pub fn set_project_down(&self, down: bool) {
        self.project.down.store(down, Ordering::Relaxed);
    }

    /// Says on the bus that a key was revoked.
    pub async fn publish_revoked(&self, id: i64) {
        let now = self.clock.now();
        let event = Event {
            id: Uuid::now_v7(),
            aggregate: Aggregate {
                kind: AggregateKind::ApiKey,
                id,
            },
            sequence: 2,
            occurred_at: now,
            traceparent: None,
            request_id: None,
            fact: Fact::ProjectKey(Box::new(ApiKeyState {
                id,
                project_id: 1,
                name: "shop".to_owned(),
                revoked_at: Some(now),
            })),
        };
        let client = self.bus.client();
        client
            .publish(
                self.bus.subject("project.key"),
                event.encode().unwrap().into(),
            )
            .await
            .unwrap();
        client.flush().await.unwrap();
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.address))
    }

    /// `GET /external/ping` with a pair.
    pub fn ping(&self, key: &str, secret: &str) -> RequestBuilder {
        self.request(Method::GET, "/external/ping")
            .header("x-api-key", key)
            .header("x-api-secret", secret)
    }

    /// As [`World::ping`], from an address that a trusted proxy names.
    pub async fn ping_from(&self, address: &str, key: &str, secret: &str) -> Answer {
        self.send(self.ping(key, secret).header("x-forwarded-for", address))
            .await
    }

    /// The token that the gateway sends along.
    pub fn gateway_token(&self) -> String {
        let now = self.clock.now();
        self.gateway
            .token(&Caller::Anonymous, "external-gateway", now)
            .unwrap()
            .to_string()
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
