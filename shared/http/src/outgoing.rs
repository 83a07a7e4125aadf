//! A client's body on its way to an upstream: bounded, and its faults told from the upstream's.

use std::{
    error::Error as StdError,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{
    BoxError,
    body::{Body, HttpBody},
};
use bytes::Bytes;
use http_body_util::{LengthLimitError, Limited};
use hyper::body::{Frame, SizeHint};

use crate::{Error, pace::TooSlow};

/// A body that did not come as it should: the client's doing.
#[derive(Debug, thiserror::Error)]
#[error("the client's body")]
struct Broken(#[source] BoxError);

/// The body as it is sent on.
pub(crate) struct Outgoing {
    body: Limited<Body>,
    sent: Sent,
}

/// Whether a body was sent on whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub(crate) fn whole(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Outgoing {
    /// At most `limit` bytes of it.
    pub(crate) fn new(body: Body, limit: usize) -> Self {
        let sent = Sent::default();
        sent.0.store(body.is_end_stream(), Ordering::Relaxed);
        let body = Limited::new(body, limit);
        Self { body, sent }
    }

    /// Tells how far it got, also later.
    pub(crate) fn sent(&self) -> Sent {
        self.sent.clone()
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.sent.0.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(|error| Broken(error).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a failed exchange is to the client when its own body was the cause.
pub(crate) fn fault(error: &(dyn StdError + 'static)) -> Option<Error> {
    let broken = causes(error).find(|cause| cause.is::<Broken>())?;
    Some(
        if causes(broken).any(<dyn StdError>::is::<LengthLimitError>) {
            Error::TooLarge
        } else if causes(broken).any(<dyn StdError>::is::<TooSlow>) {
            too_slow()
        } else {
            Error::Unreadable("The request body could not be read.".to_owned())
        },
    )
}

/// The answer to a body that does not come.
pub(crate) fn too_slow() -> Error {
    Error::Unreadable("The request body did not come in time.".to_owned())
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}
