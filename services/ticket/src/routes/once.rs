//! `Idempotency-Key`: the same call again gets the same answer, and does nothing twice.
//!
//! The answer is kept in the transaction of the call itself, so that both are there or neither.

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, ETAG},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use desk_bus::failpoint;
use desk_http::{Error, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{Postgres, Transaction};

use super::precondition::etag;
use crate::{
    App,
    store::idempotency::{self, Kept, OwnedCallKey},
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST: usize = 255;

/// The header, if it was sent: 1–255 printable characters, quoted or bare.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        read(&parts.headers).map(Self)
    }
}

fn read(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(header) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = header.to_str().unwrap_or_default().trim();
    let bare = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text);
    let printable = bare
        .bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if printable && (1..=LONGEST).contains(&bare.len()) {
        Ok(Some(bare.to_owned()))
    } else {
        Err(Error::field(
            IDEMPOTENCY_KEY.as_str(),
            "must be 1 to 255 printable characters",
        ))
    }
}

impl IdempotencyKey {
    /// The call that the key is for: whose, which, with what.
    ///
    /// # Errors
    /// When the body cannot be written as JSON.
    pub fn of<B: Serialize>(self, caller: String, call: String, body: &B) -> Result<Call> {
        let Some(key) = self.0 else {
            return Ok(Call(None));
        };
        let digest = Sha256::digest(serde_json::to_vec(body)?).to_vec();
        Ok(Call(Some(OwnedCallKey {
            caller,
            call,
            key,
            digest,
        })))
    }
}

/// A call that may have been answered before.
#[derive(Debug, Clone)]
pub struct Call(Option<OwnedCallKey>);

/// What there is to do for a call.
pub enum Begun {
    /// Nothing: it was answered before.
    Answered(Answer),
    /// The work itself, in this transaction.
    Open(Turn),
}

/// A call's transaction, with its key claimed.
pub struct Turn {
    /// Where the work is done.
    pub tx: Transaction<'static, Postgres>,
    call: Call,
}

impl Call {
    /// Its key, if it has one.
    pub const fn key(&self) -> Option<&OwnedCallKey> {
        self.0.as_ref()
    }

    /// Begins the call's transaction and claims its key in there.
    ///
    /// # Errors
    /// 409 while the same call is running, 422 when the key was used for another request.
    pub async fn begin(self, app: &App) -> Result<Begun> {
        let mut tx = app.db.begin().await?;
        let Some(keyed) = &self.0 else {
            return Ok(Begun::Open(Turn { tx, call: self }));
        };
        let running = Error::Conflict("The same call is still running.");
        if !idempotency::try_lock(&mut tx, keyed.borrow()).await? {
            return Err(running);
        }
        if idempotency::claim(&mut tx, keyed.borrow(), app.clock.now()).await? {
            return Ok(Begun::Open(Turn { tx, call: self }));
        }
        let kept = idempotency::kept(&mut tx, keyed.borrow()).await?;
        tx.rollback().await?;
        let kept = kept.ok_or(running)?;
        if kept.digest == keyed.digest {
            Ok(Begun::Answered(kept.into()))
        } else {
            let message = "was used for another request";
            Err(Error::field(IDEMPOTENCY_KEY.as_str(), message))
        }
    }
}

impl Turn {
    /// Keeps the answer and commits, or rolls back before the error is answered: whoever then
    /// tries again must find the key free.
    ///
    /// # Errors
    /// The work's own, or the database's.
    pub async fn end(mut self, app: &App, outcome: Result<Answer>) -> Result<Answer> {
        let answer = match outcome {
            Ok(answer) => answer,
            Err(error) => {
                self.tx.rollback().await?;
                return Err(error);
            }
        };
        if let Some(keyed) = &self.call.0 {
            let status = i16::try_from(answer.status.as_u16()).unwrap_or(i16::MAX);
            let key = keyed.borrow();
            idempotency::keep(&mut self.tx, key, status, answer.version, &answer.body).await?;
        }
        failpoint::pass("ticket", "call-commit").await;
        self.tx.commit().await?;
        failpoint::pass("ticket", "call-committed").await;
        app.bus.wake();
        Ok(answer)
    }
}

impl From<Kept> for Answer {
    fn from(kept: Kept) -> Self {
        let code = u16::try_from(kept.status).unwrap_or_default();
        Self {
            status: StatusCode::from_u16(code).unwrap_or(StatusCode::OK),
            version: kept.version,
            body: kept.answer,
        }
    }
}

/// An answer that can be given again, letter by letter.
#[derive(Debug, Clone)]
pub struct Answer {
    status: StatusCode,
    version: Option<i64>,
    body: String,
}

impl Answer {
    /// A JSON answer.
    ///
    /// # Errors
    /// When the body cannot be written as JSON.
    pub fn new<B: Serialize>(status: StatusCode, body: &B) -> Result<Self> {
        Ok(Self {
            status,
            version: None,
            body: serde_json::to_string(body)?,
        })
    }

    /// With the ticket's version as `ETag`.
    #[must_use]
    pub const fn with_version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        let mut response = (self.status, [(CONTENT_TYPE, json)], self.body).into_response();
        if let Some(etag) = self.version.and_then(etag) {
            response.headers_mut().insert(ETAG, etag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_come_quoted_or_bare() {
        let long = "k".repeat(LONGEST);
        for (header, key) in [
            ("abc", Some("abc")),
            ("\"abc\"", Some("abc")),
            ("a b", Some("a b")),
            ("\"", Some("\"")),
            (long.as_str(), Some(long.as_str())),
            ("\"\"", None),
            ("", None),
            ("tab\there", None),
            (&format!("{long}k"), None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IDEMPOTENCY_KEY, header.parse().unwrap());
            assert_eq!(read(&headers).ok().flatten().as_deref(), key, "{header}");
        }
        assert!(read(&HeaderMap::new()).unwrap().is_none());
    }

    proptest! {
        #[test]
        fn a_key_is_printable_and_the_same_in_quotes(bytes in prop::collection::vec(any::<u8>(), 0..260), key in "[!#-~]([ -!#-~]{0,250}[!#-~])?") {
            let of = |value: &[u8]| {
                let value = HeaderValue::from_bytes(value).ok()?;
                read(&HeaderMap::from_iter([(IDEMPOTENCY_KEY, value)])).ok()?
            };
            if let Some(key) = of(&bytes) {
                prop_assert!((1..=LONGEST).contains(&key.len()));
                prop_assert!(key.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
            prop_assert_eq!(of(key.as_bytes()), Some(key.clone()));
            prop_assert_eq!(of(format!("\"{key}\"").as_bytes()), Some(key));
        }
    }
}
