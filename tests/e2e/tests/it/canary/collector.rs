//! What traces are sent to: a small OTLP receiver that keeps what it is sent.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, routing::post};
use tokio::net::TcpListener;

type Kept = Arc<Mutex<Vec<u8>>>;

/// The receiver.
pub struct Collector {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub url: String,
    kept: Kept,
}

impl Collector {
    /// Listens until the test ends.
    pub async fn start() -> Self {
        let kept = Kept::default();
        let router = Router::new()
            .route("/v1/traces", post(keep))
            .with_state(Arc::clone(&kept));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, kept }
    }

    /// All that came: protobuf, in which texts stand as they are.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept.lock().unwrap()).into_owned()
    }
}

async fn keep(State(kept): State<Kept>, body: Bytes) {
    kept.lock().unwrap().extend(body);
}
