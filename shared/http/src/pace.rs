//! A pace that request bodies must keep: whoever sends one byte now and then would hold a handler,
//! a connection to an upstream and buffers for as long as it likes.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// How slow a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How long it may keep us waiting in all, beside what its bytes are worth.
    grace: Duration,
    /// How long each 4 KiB may keep us waiting besides.
    worth: Duration,
}

const WORTH_BYTES: u32 = 4096;

impl Pace {
    /// What every body must keep.
    pub(crate) const USUAL: Self = Self {
        grace: Duration::from_secs(15),
        worth: Duration::from_secs(1),
    };
}

/// What a body ends with that came too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
pub(crate) struct TooSlow;

/// A body that has to keep the pace. Only the time in which somebody waits for it counts.
pub(crate) struct Paced {
    body: Body,
    pace: Pace,
    /// How long it may keep us waiting, by what came.
    allowed: Duration,
    /// How long was waited for what came.
    waited: Duration,
    waiting: Option<Waiting>,
}

/// A wait for the next frame.
struct Waiting {
    since: Instant,
    end: Pin<Box<Sleep>>,
}

impl Paced {
    pub(crate) fn new(body: Body, pace: Pace) -> Self {
        Self {
            body,
            pace,
            allowed: pace.grace,
            waited: Duration::ZERO,
            waiting: None,
        }
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let Some(waiting) = this.waiting.take() {
                this.waited += waiting.since.elapsed();
            }
            if let Some(Ok(frame)) = &frame {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
                this.allowed += this.pace.worth * bytes / WORTH_BYTES;
            }
            return Poll::Ready(frame);
        }
        let left = this.allowed.saturating_sub(this.waited);
        let waiting = this.waiting.get_or_insert_with(|| {
            let since = Instant::now();
            let end = Box::pin(sleep_until(since + left));
            Waiting { since, end }
        });
        ready!(waiting.end.as_mut().poll(context));
        Poll::Ready(Some(Err(axum::Error::new(TooSlow))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures::stream::{StreamExt as _, iter, unfold};
    use http_body_util::BodyExt as _;
    use tokio::time::sleep;

    use super::*;

    const UNIT: Duration = Duration::from_millis(40);
    const PACE: Pace = Pace {
        grace: Duration::from_millis(40 * 15),
        worth: UNIT,
    };

    /// A body of chunks that come after as many units each.
    fn slow(chunks: &[(u32, usize)]) -> Paced {
        let chunks = unfold(iter(chunks.to_vec()), |mut chunks| async move {
            let (units, size) = chunks.next().await?;
            sleep(UNIT * units).await;
            Some((Ok::<_, axum::Error>(vec![b'x'; size]), chunks))
        });
        Paced::new(Body::from_stream(chunks.boxed()), PACE)
    }

    #[tokio::test]
    async fn a_body_may_be_slow_but_not_forever() {
        for (chunks, whole) in [
            (vec![(0, 1), (5, 1)], true),
            (vec![(20, 1)], false),
            // A byte now and then is no pace.
            (vec![(8, 1), (8, 1)], false),
            // What comes pays for what it takes.
            (vec![(6, 81_920), (6, 81_920), (6, 1)], true),
            (vec![(10, 4096), (10, 1)], false),
        ] {
            let read = slow(&chunks).collect().await;
            assert_eq!(read.is_ok(), whole, "{chunks:?}");
        }
    }

    #[tokio::test]
    async fn a_reader_s_own_time_does_not_count() {
        let mut body = slow(&[(1, 1), (1, 1), (1, 1)]);
        while let Some(frame) = body.frame().await {
            frame.unwrap();
            sleep(UNIT * 10).await;
        }
    }
}
