//! Small servers in the places of auth and the other services.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use desk_http::{Gatekeeper, layers::dress};
use desk_identity::{PortalSigner, portal::Jwks};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify};

/// Auth as the gateway sees it.
pub struct Auth {
    pub signer: Mutex<PortalSigner>,
    pub revocations: Mutex<Vec<Value>>,
    pub down: AtomicBool,
    pub key_fetches: AtomicUsize,
}

impl Auth {
    pub fn new(signer: PortalSigner) -> Arc<Self> {
        Arc::new(Self {
            signer: Mutex::new(signer),
            revocations: Mutex::default(),
            down: AtomicBool::new(false),
            key_fetches: AtomicUsize::new(0),
        })
    }

    pub fn revoke(&self, revocation: &Value) {
        let mut rows = self.revocations.lock().unwrap();
        let mut row = json!({"id": rows.len() + 1, "expires_at": 32_503_680_000_i64});
        row.as_object_mut()
            .unwrap()
            .extend(revocation.as_object().unwrap().clone());
        rows.push(row);
    }

    pub fn router(self: &Arc<Self>, gatekeeper: Gatekeeper) -> Router {
        Router::new()
            .route("/.well-known/jwks.json", get(jwks))
            .route("/internal/revocations", get(revocations))
            .route(
                "/openapi.json",
                get(|| async { Json(document("auth", "/auth/me")) }),
            )
            .with_state(Arc::clone(self))
            .merge(echo("auth", gatekeeper))
            .layer(middleware::from_fn_with_state(
                Arc::clone(self),
                fail_while_down,
            ))
    }
}

async fn fail_while_down(State(auth): State<Arc<Auth>>, request: Request, next: Next) -> Response {
    if auth.down.load(Ordering::Relaxed) {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    } else {
        next.run(request).await
    }
}

async fn jwks(State(auth): State<Arc<Auth>>) -> Json<Jwks> {
    auth.key_fetches.fetch_add(1, Ordering::Relaxed);
    Json(auth.signer.lock().unwrap().jwks())
}

#[derive(serde::Deserialize)]
struct After {
    after: Option<i64>,
}

async fn revocations(State(auth): State<Arc<Auth>>, Query(query): Query<After>) -> Json<Value> {
    let rows = auth.revocations.lock().unwrap();
    let after = query.after.unwrap_or(0);
    let news: Vec<&Value> = rows
        .iter()
        .filter(|row| row["id"].as_i64() > Some(after))
        .collect();
    Json(json!({"revocations": news, "last_id": rows.len()}))
}

/// A document with one path and a schema that every service means differently.
fn document(service: &str, path: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": service, "version": "1"},
        "paths": {path: {"get": {
            "operationId": "list",
            "tags": [service],
            "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Row"}}}}},
        }}},
        "components": {"schemas": {"Row": {"type": "string", "description": service}}},
    })
}

/// A service that says what reached it.
pub fn service(name: &'static str, gatekeeper: Gatekeeper, gate: &Arc<Notify>) -> Router {
    let gate = Arc::clone(gate);
    let path = format!("/{name}s");
    Router::new()
        .route(
            "/openapi.json",
            get(move || async move { Json(document(name, &path)) }),
        )
        .route(
            "/tickets/slow",
            any(|| async { tokio::time::sleep(Duration::from_mins(1)).await }),
        )
        .route(
            "/tickets/bare",
            any(|| async { (StatusCode::IM_A_TEAPOT, "<html>no</html>") }),
        )
        .route("/tickets/get-only", get(|| async { "ok" }))
        .route("/tickets/stream", get(move || async move { stream(&gate) }))
        .merge(echo(name, gatekeeper))
}

/// A first part at once, a second one when the gate opens.
fn stream(gate: &Arc<Notify>) -> Body {
    let gate = Arc::clone(gate);
    let parts = futures::stream::unfold(0, move |part| {
        let gate = Arc::clone(&gate);
        async move {
            match part {
                0 => Some((Ok::<_, std::io::Error>("first"), 1)),
                1 => {
                    gate.notified().await;
                    Some((Ok("second"), 2))
                }
                _ => None,
            }
        }
    });
    Body::from_stream(parts)
}

fn echo(name: &'static str, gatekeeper: Gatekeeper) -> Router {
    let tell = move |method: Method, uri: Uri, headers: HeaderMap, body: Body| async move {
        let caller = gatekeeper
            .caller(&headers)
            .ok()
            .map(|caller| format!("{caller:?}"));
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .map_or(0, |bytes| bytes.len());
        let headers: serde_json::Map<String, Value> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("?").into()))
            .collect();
        Json(json!({
            "service": name,
            "caller": caller,
            "method": method.as_str(),
            "path": uri.to_string(),
            "headers": headers,
            "body": body,
        }))
    };
    Router::new().route("/{*path}", any(tell))
}

/// Serves a router as services do; the answer is its base address.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, dress(router)).await });
    format!("http://{address}")
}
