//! Reads on what a refused client still sends, so that it gets to see the refusal.
//!
//! A server that answers early (401, 403, 413) and closes while the client is writing makes the
//! client's system throw the answer away. So a body that a handler left unread is read to its
//! end aside, within bounds.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::header::EXPECT,
};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use crate::pace::{Pace, Paced};

/// How much is read on, in bytes.
const MOST: u64 = 128 * 1024 * 1024;
/// How long it is read on.
const LONGEST: Duration = Duration::from_secs(15);

/// Holds the request's body to its pace, and lets it be read on after its handler has answered. A
/// client that still waits for `100 Continue` sends nothing unasked and is left alone.
pub(crate) async fn linger(request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let coming = !request.headers().contains_key(EXPECT);
    request.map(|body| {
        Body::new(Lingering {
            body: Some(Paced::new(body, Pace::USUAL)),
            coming,
        })
    })
}

/// A body that is read on when it is dropped too early.
struct Lingering {
    /// `None` once it has ended.
    body: Option<Paced>,
    /// Whether the client sends it already, or was asked to by a first look.
    coming: bool,
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        this.coming = true;
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            this.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Paced::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Paced::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let unread = self
            .body
            .take()
            .filter(|body| self.coming && !body.is_end_stream());
        if let (Some(body), Ok(runtime)) = (unread, tokio::runtime::Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(LONGEST, read_on(body)));
        }
    }
}

async fn read_on(mut body: Paced) {
    let mut read = 0;
    while let Some(Ok(frame)) =
        std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
    {
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
        if read > MOST {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::StatusCode, middleware, routing::post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_refused_upload_still_reads_its_refusal() {
        let router = Router::new()
            .route("/", post(|| async { StatusCode::FORBIDDEN }))
            .layer(middleware::map_request(linger));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });

        let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
        let size = 30 * 1024 * 1024;
        let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        client.write_all(&vec![b'x'; size]).await.unwrap();
        let mut answer = [0; 12];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 403");
    }
}
