//! Routes a request, lets it in by its door, vouches for it, and passes it on.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use desk_http::{
    Error, Result,
    edge::{FORWARDED_FOR, PORTAL_TOKEN, limit_unit, strip_identity},
    layers::RouteName,
    note_caller,
    proxy::{body_limit, is_upload},
};
use desk_identity::Caller;
use http::{HeaderMap, HeaderValue, Uri, header::AUTHORIZATION, uri::PathAndQuery};

use crate::{
    App,
    domain::route::{Door, PREFIX, Route, Service, route},
    portal::bearer,
};

/// Passes a request on to whom its path belongs.
pub async fn pass(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some(route) = route(request.uri().path()) else {
        let mut response = Error::NotFound.into_response();
        response
            .extensions_mut()
            .insert(RouteName("unmatched".into()));
        return response;
    };
    let mut response = pass_along(&app, route, request).await.into_response();
    response
        .extensions_mut()
        .insert(RouteName(route.template()));
    response
}

async fn pass_along(app: &App, route: Route, mut request: Request) -> Result<Response> {
    let client = app.client(&request)?;
    if route.door != Door::Key {
        app.limit.take(&limit_unit(client))?;
    }
    let entry = enter(app, route.door, request.headers()).await?;
    note_caller(&entry.caller);
    vouch(app, route.service, entry, client, request.headers_mut())?;

    let path = inner_path(request.uri())?;
    let upstream = &app.addresses.of(route.service).upstream;
    metrics::counter!("gateway_passed_total", "upstream" => route.service.name()).increment(1);
    let limit = body_limit(request.headers());
    let proxy = if is_upload(request.headers()) {
        &app.upload_proxy
    } else {
        &app.proxy
    };
    proxy.pass(request, upstream, path, limit).await
}

/// Who came in, with the token that auth is to judge.
struct Entry {
    caller: Caller,
    portal_token: Option<HeaderValue>,
}

impl From<Caller> for Entry {
    fn from(caller: Caller) -> Self {
        Self {
            caller,
            portal_token: None,
        }
    }
}

async fn enter(app: &App, door: Door, headers: &HeaderMap) -> Result<Entry> {
    match door {
        Door::Public | Door::Key => Ok(Caller::Anonymous.into()),
        Door::Portal => app.portal.admit(headers).await.map(Entry::from),
        Door::TokenPassing => Ok(Entry {
            caller: Caller::Anonymous,
            portal_token: bearer(headers).and_then(|token| token.parse().ok()),
        }),
    }
}

/// Replaces whatever the client says about itself by what we know.
fn vouch(
    app: &App,
    service: Service,
    entry: Entry,
    client: IpAddr,
    headers: &mut HeaderMap,
) -> Result<()> {
    let token = app
        .issuer
        .token(&entry.caller, service.name(), app.clock.now())
        .map_err(|error| Error::Internal(error.into()))?;
    let authorization = header_value(&format!("Bearer {token}"))?;
    let address = header_value(&client.to_string())?;

    strip_identity(headers);
    headers.insert(AUTHORIZATION, authorization);
    headers.insert(FORWARDED_FOR, address);
    if let Some(token) = entry.portal_token {
        headers.insert(PORTAL_TOKEN, token);
    }
    Ok(())
}

fn header_value(text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(|error| Error::Internal(error.into()))
}

/// The path as services know it: without the prefix, the rest byte for byte.
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
    fn services_see_the_path_without_the_prefix() {
        for (outside, inside) in [
            ("/api/tickets/5?x=%2F&y", "/tickets/5?x=%2F&y"),
            ("/api/tickets/caf%C3%A9", "/tickets/caf%C3%A9"),
            ("/.well-known/jwks.json", "/.well-known/jwks.json"),
        ] {
            assert_eq!(
                inner_path(&outside.parse().unwrap()).unwrap().as_str(),
                inside
            );
        }
    }
}
