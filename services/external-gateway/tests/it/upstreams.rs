//! Small servers in the places of project and ticket.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, post},
};
use desk_http::{Error, Gatekeeper, layers::dress};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Project as the external gateway sees it.
#[derive(Default)]
pub struct Project {
    /// Good pairs, with what is answered for them.
    pub keys: Mutex<HashMap<(String, String), Value>>,
    pub down: AtomicBool,
    /// How often it was asked.
    pub asked: AtomicUsize,
    /// The last uses it was told.
    pub uses: Mutex<Vec<Value>>,
}

impl Project {
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/internal/keys/verify", post(verify))
            .route("/internal/keys/used", post(used))
            .with_state(Arc::clone(self))
            .layer(middleware::from_fn_with_state(
                Arc::clone(self),
                fail_while_down,
            ))
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn fail_while_down(
    State(project): State<Arc<Project>>,
    request: Request,
    next: Next,
) -> Response {
    if project.down.load(Ordering::Relaxed) {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    } else {
        next.run(request).await
    }
}

async fn verify(
    State(project): State<Arc<Project>>,
    Json(pair): Json<Value>,
) -> Result<Json<Value>, Error> {
    project.asked.fetch_add(1, Ordering::Relaxed);
    let word = |name: &str| pair[name].as_str().unwrap_or_default().to_owned();
    let keys = project.keys.lock().unwrap();
    keys.get(&(word("api_key"), word("api_secret")))
        .cloned()
        .map(Json)
        .ok_or(Error::NotFound)
}

async fn used(State(project): State<Arc<Project>>, Json(report): Json<Value>) -> Json<Value> {
    let uses = report["uses"].as_array().unwrap();
    project.uses.lock().unwrap().extend(uses.iter().cloned());
    Json(json!({"updated": uses.len()}))
}

/// Ticket, which says what reached it.
pub fn ticket(gatekeeper: Gatekeeper) -> Router {
    let tell = move |uri: Uri, headers: HeaderMap, body: Body| async move {
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
        Json(json!({"caller": caller, "path": uri.to_string(), "headers": headers, "body": body}))
    };
    Router::new()
        .route(
            "/external/slow",
            any(|| async { tokio::time::sleep(Duration::from_mins(1)).await }),
        )
        .route("/{*path}", any(tell))
}

/// Serves a router as services do; the answer is its base address.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, dress(router)).await });
    format!("http://{address}")
}
