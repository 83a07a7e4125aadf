//! Requests that end although their client has gone.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{extract::Request, middleware::Next, response::Response};
use tokio::runtime::Handle;

/// Runs a request to its end, also when its client has gone. One that is dropped while its
/// transaction begins leaves the connection inside that transaction, unseen by the pool (sqlx
/// 4385): what the next request writes by it, outside a transaction of its own, is answered and
/// never committed.
pub(crate) async fn finish(request: Request, next: Next) -> Response {
    ToTheEnd(Some(Box::pin(next.run(request)))).await
}

type Work = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Runs with its connection, as long as there is one; where it is dropped before its end, by itself.
/// A task of its own for each request would cost a switch between threads, mostly.
struct ToTheEnd(Option<Work>);

impl Future for ToTheEnd {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        let Some(work) = &mut self.0 else {
            return Poll::Pending;
        };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl Drop for ToTheEnd {
    fn drop(&mut self) {
        // Without a runtime the process is at its end.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{Router, body::Body, routing::get};
    use tokio::sync::{Notify, mpsc};
    use tower::ServiceExt as _;

    use super::*;
    use crate::layers::dress;

    #[tokio::test]
    async fn a_request_ends_without_its_client() {
        let (begun, mut has_begun) = mpsc::channel(1);
        let (go_on, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let handler = {
            let (go_on, ended) = (Arc::clone(&go_on), Arc::clone(&ended));
            move || async move {
                begun.send(()).await.unwrap();
                go_on.notified().await;
                ended.notify_one();
            }
        };
        let app = dress(Router::new().route("/slow", get(handler)));
        let request = Request::builder().uri("/slow").body(Body::empty()).unwrap();
        tokio::select! {
            _ = app.oneshot(request) => panic!("answered too soon"),
            _ = has_begun.recv() => {}
        }
        go_on.notify_one();
        ended.notified().await;
    }
}
