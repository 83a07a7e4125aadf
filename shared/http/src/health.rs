//! Whether a process lives, and whether it wants requests: `/livez` and `/readyz` of the admin
//! port, and how the word gets round before it stops.
//!
//! Ready means started, migrated, listening, not told to stop. A database or bus that is lost later
//! is no reason: every replica would leave at once. What needs it answers 503, and metrics tell.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_TYPE},
    },
    middleware::Next,
    response::Response,
    routing::get,
};
use desk_telemetry::Metrics;
use tokio_util::sync::CancellationToken;

/// The text format of Prometheus.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How far a process is between its start and its end. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stage {
    listening: Arc<AtomicBool>,
    /// Cancelled as soon as the process is told to stop, while it still serves.
    leaving: CancellationToken,
}

impl Stage {
    /// Requests are taken from now on.
    pub(crate) fn listens(&self) {
        self.listening.store(true, Ordering::Relaxed);
    }

    /// Whether requests are, or were, taken.
    pub(crate) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }

    /// Further requests shall go elsewhere.
    pub(crate) fn leave(&self) {
        self.leaving.cancel();
    }

    fn word(&self) -> (StatusCode, &'static str) {
        if self.leaving.is_cancelled() {
            (StatusCode::SERVICE_UNAVAILABLE, "draining")
        } else if self.is_listening() {
            (StatusCode::OK, "ready")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "starting")
        }
    }
}

/// What the admin port answers.
pub(crate) fn routes(stage: Stage, metrics: Metrics) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route(
            "/readyz",
            get(|State(stage): State<Stage>| async move { stage.word() }),
        )
        .route(
            "/metrics",
            get(move || async move { ([(CONTENT_TYPE, METRICS_TYPE)], metrics.render()) }),
        )
        .with_state(stage)
}

/// Once the process leaves, every answer is the last one on its connection, so that whoever keeps
/// connections looks for another replica.
pub(crate) async fn part(State(stage): State<Stage>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if stage.leaving.is_cancelled() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, middleware};
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn ready_is_between_listening_and_leaving() {
        let stage = Stage::default();
        let word = || stage.word().1;
        assert_eq!(word(), "starting");
        stage.listens();
        assert_eq!(stage.word(), (StatusCode::OK, "ready"));
        stage.leave();
        assert_eq!(word(), "draining");

        let stopped_early = Stage::default();
        stopped_early.leave();
        assert_eq!(stopped_early.word().1, "draining");
    }

    #[tokio::test]
    async fn connections_end_with_their_next_answer_once_it_leaves() {
        let stage = Stage::default();
        let parting = middleware::from_fn_with_state(stage.clone(), part);
        let app = Router::new()
            .route("/", get(|| async { "ok" }))
            .layer(parting);
        let closes = async || {
            let request = Request::new(Body::empty());
            let answer = app.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            answer.headers().contains_key(CONNECTION)
        };
        stage.listens();
        assert!(!closes().await);
        stage.leave();
        assert!(closes().await);
    }
}
