//! Lets a key pair in, or answers the one 401, and passes the request on to ticket.
//!
//! The limit of failures counts failures alone. An address that is over it is answered 429 for
//! every pair that was not good within the last hour, good or not, without asking project: so
//! guessing costs us nothing, and the answer tells a guesser nothing. A pair that was good goes on
//! to be verified like ever, so one client's wrong configuration does not lock out its neighbours
//! behind the same address.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use desk_http::{
    Error, Result,
    edge::{FORWARDED_FOR, is_plain_path, limit_unit, strip_identity},
    note_caller,
    proxy::{body_limit, is_upload},
};
use desk_identity::Caller;
use http::{HeaderMap, HeaderValue, Uri, header::AUTHORIZATION, uri::PathAndQuery};
use tokio::time::Instant;

use crate::{
    App,
    domain::{
        api_key::ApiKey,
        credentials::{API_KEY, API_SECRET, Credentials},
    },
    limits::whole_seconds,
};

/// What an Ingress may leave before `/external`.
const PREFIX: &str = "/api";

/// Passes a request with a good key on to ticket.
pub(crate) async fn pass(State(app): State<Arc<App>>, request: Request) -> Result<Response> {
    if !is_plain_path(request.uri().path()) {
        return Err(Error::NotFound);
    }
    let client = app.client(&request)?;
    let key = admit(&app, client, request.headers()).await?;
    note_caller(&caller(&key));
    let allowance = app.key_limit.take(key.id);
    if let Some(time) = allowance.held_for {
        tokio::time::sleep(time).await;
    }
    let answer = match allowance.refused_for {
        Some(wait) => Err(Error::TooMany(wait)),
        None => forward(&app, &key, client, request).await,
    };
    let mut response = answer.into_response();
    allowance.tell(response.headers_mut());
    Ok(response)
}

/// The key that the headers show, good here and now.
async fn admit(app: &App, client: IpAddr, headers: &HeaderMap) -> Result<Arc<ApiKey>> {
    let pair = Credentials::read(headers);
    let digest = app.keys.digest(&pair);
    let unit = limit_unit(client);
    if !app.keys.remembers(&digest)
        && let Some(wait) = app.failures.wait(unit, Instant::now())
    {
        return Err(over(wait));
    }
    let key = app.keys.verify(digest, &pair).await?;
    if let Some(key) = key.filter(|key| key.admits(client, app.clock.now())) {
        return Ok(key);
    }
    metrics::counter!("api_keys_refused_total").increment(1);
    app.failures.count(unit, Instant::now()).map_err(over)?;
    Err(Error::BAD_KEY)
}

fn caller(key: &ApiKey) -> Caller {
    Caller::Key {
        id: key.id,
        project_id: key.project.id,
    }
}

fn over(wait: std::time::Duration) -> Error {
    metrics::counter!("rate_limited_total", "limit" => "failures").increment(1);
    Error::TooMany(whole_seconds(wait))
}

async fn forward(
    app: &App,
    key: &ApiKey,
    client: IpAddr,
    mut request: Request,
) -> Result<Response> {
    let now = app.clock.now();
    app.last_use.note(key.id, now);
    let token = app
        .issuer
        .token(&caller(key), "ticket", now)
        .map_err(|error| Error::Internal(error.into()))?;
    let authorization = header_value(&format!("Bearer {token}"))?;
    let address = header_value(&client.to_string())?;

    let headers = request.headers_mut();
    strip_identity(headers);
    headers.remove(API_KEY);
    headers.remove(API_SECRET);
    headers.insert(AUTHORIZATION, authorization);
    headers.insert(FORWARDED_FOR, address);

    let path = inner_path(request.uri())?;
    let limit = body_limit(request.headers());
    let proxy = if is_upload(request.headers()) {
        &app.upload_proxy
    } else {
        &app.proxy
    };
    proxy.pass(request, &app.ticket, path, limit).await
}

fn header_value(text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(|error| Error::Internal(error.into()))
}

/// The path as ticket knows it, byte for byte.
fn inner_path(uri: &Uri) -> Result<PathAndQuery> {
    let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    whole
        .strip_prefix(PREFIX)
        .unwrap_or(whole)
        .parse()
        .map_err(|_| Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticket_sees_the_path_without_the_prefix() {
        for outside in ["/api/external/tickets?page=1", "/external/tickets?page=1"] {
            let inside = inner_path(&outside.parse().unwrap()).unwrap();
            assert_eq!(inside.as_str(), "/external/tickets?page=1");
        }
    }
}
