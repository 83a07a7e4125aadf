//! Putting encoded events on the stream: a whole batch or none of it, or one by one to find the
//! event that the server refuses.

use std::future::Future;

use async_nats::{
    HeaderMap, Request,
    client::RequestErrorKind,
    header::{NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE},
    jetstream::{publish::PublishAck, response::Response},
};
use bytes::Bytes;
use uuid::Uuid;

use crate::{
    bus::{Bus, REQUEST_TIMEOUT},
    failpoint,
};

/// Room left for headers when an event is measured against the server's limit.
const HEADER_BYTES: usize = 512;

/// An event ready for the wire.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) subject: String,
    pub(crate) body: Bytes,
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// NATS or the stream is out of reach, or gave no answer: the same again later.
    #[error("bus out of reach: {0}")]
    Unreachable(String),
    /// The server's answer is about what was sent: the same again fails again.
    #[error("refused: {0}")]
    Refused(String),
}

/// Publishes all of them as one atomic batch, or none. No message id: one that the server knows
/// already would refuse the whole batch, and consumers skip repeats by themselves.
pub(crate) async fn batch(bus: &Bus, events: &[Outgoing]) -> Result<(), PublishError> {
    match events {
        [] => Ok(()),
        [only] => single(bus, only).await,
        [others @ .., last] => on_one_connection(bus, atomic(bus, others, last)).await,
    }
}

/// Publishes one event.
pub(crate) async fn single(bus: &Bus, event: &Outgoing) -> Result<(), PublishError> {
    let publish = acknowledged(bus, event, HeaderMap::new());
    on_one_connection(bus, publish).await.map(drop)
}

async fn atomic(bus: &Bus, others: &[Outgoing], last: &Outgoing) -> Result<(), PublishError> {
    let id = Uuid::now_v7().simple().to_string();
    for (place, event) in others.iter().enumerate() {
        bus.client()
            .publish_with_headers(
                event.subject.clone(),
                headers(&id, place),
                event.body.clone(),
            )
            .await
            .map_err(|error| PublishError::Unreachable(error.to_string()))?;
    }
    failpoint::pass(bus.service(), "batch-sent").await;
    let mut commit = headers(&id, others.len());
    commit.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
    let ack = acknowledged(bus, last, commit).await?;
    let stored = ack.batch_size.unwrap_or_default();
    if ack.batch_id.as_deref() != Some(&id) || usize::try_from(stored) != Ok(others.len() + 1) {
        // A server without atomic batches stores the commit alone and says so by this.
        return Err(PublishError::Unreachable(format!(
            "the server stored {stored} of a batch"
        )));
    }
    Ok(())
}

/// Gives up with the connection: an answer that was lost with it would be waited for in vain.
async fn on_one_connection<T>(
    bus: &Bus,
    publish: impl Future<Output = Result<T, PublishError>>,
) -> Result<T, PublishError> {
    tokio::select! {
        done = publish => done,
        () = bus.connected_anew(bus.connection()) => {
            Err(PublishError::Unreachable("NATS was connected anew".to_owned()))
        }
    }
}

/// What the server would refuse anyway, found before sending.
pub(crate) fn oversize(bus: &Bus, event: &Outgoing) -> Option<String> {
    let limit = bus.client().max_payload();
    (limit > 0 && event.body.len() + HEADER_BYTES > limit)
        .then(|| format!("{} bytes, over the server's {limit}", event.body.len()))
}

fn headers(id: &str, place: usize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_BATCH_ID, id);
    headers.insert(NATS_BATCH_SEQUENCE, (place + 1).to_string().as_str());
    headers
}

async fn acknowledged(
    bus: &Bus,
    event: &Outgoing,
    headers: HeaderMap,
) -> Result<PublishAck, PublishError> {
    let request = Request::new()
        .headers(headers)
        .payload(event.body.clone())
        .timeout(Some(REQUEST_TIMEOUT));
    let answer = bus
        .client()
        .send_request(event.subject.clone(), request)
        .await
        .map_err(|error| match error.kind() {
            RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded => {
                PublishError::Refused(error.to_string())
            }
            _ => PublishError::Unreachable(error.to_string()),
        })?;
    match serde_json::from_slice(&answer.payload) {
        Ok(Response::Ok(ack)) => Ok(ack),
        // 4xx is about the message; 5xx about the server's state: storage, quorum, a restart.
        Ok(Response::Err { error }) if (400..500).contains(&error.code()) => {
            Err(PublishError::Refused(error.to_string()))
        }
        Ok(Response::Err { error }) => Err(PublishError::Unreachable(error.to_string())),
        Err(error) => Err(PublishError::Unreachable(format!(
            "unreadable answer: {error}"
        ))),
    }
}
