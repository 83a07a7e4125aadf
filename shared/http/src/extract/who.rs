//! Who is calling. The first extractor of every handler: it reads the internal token, which the
//! gateways and services alone can sign, and refuses before anything else is looked at.

use std::{marker::PhantomData, net::IpAddr};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use desk_events::{Actor, Role};
use desk_identity::{Caller, Capable, Clock, Grant, SessionId, Verifier};

use crate::{Error, Result};

/// What the extractors need of an app: its verifier and its clock.
#[derive(Debug, Clone)]
pub struct Gatekeeper {
    /// Checks internal tokens addressed to this service.
    pub verifier: Verifier,
    /// The app's clock.
    pub clock: Clock,
}

impl Gatekeeper {
    /// The caller that the request's internal token names.
    ///
    /// # Errors
    /// 401 without a valid token.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Caller> {
        let caller = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .and_then(|token| self.verifier.verify(token, self.clock.now()))
            .ok_or(Error::UNAUTHENTICATED)?;
        note_caller(&caller);
        Ok(caller)
    }
}

/// Notes who asks for the request's log line: ids alone, no name or address.
pub fn note_caller(caller: &Caller) {
    match caller {
        Caller::User { id, .. } => desk_telemetry::note_caller(|| format!("user:{id}")),
        Caller::Key { id, .. } => desk_telemetry::note_caller(|| format!("key:{id}")),
        Caller::Service(name) => desk_telemetry::note_caller(|| format!("service:{name}")),
        Caller::Anonymous => {}
    }
}

fn caller<S>(parts: &Parts, state: &S) -> Result<Caller>
where
    Gatekeeper: FromRef<S>,
{
    Gatekeeper::from_ref(state).caller(&parts.headers)
}

/// A signed-in portal user of any role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn {
    /// User id.
    pub id: i64,
    /// Role.
    pub role: Role,
    /// Session.
    pub session: SessionId,
}

impl SignedIn {
    /// As the actor of a change.
    pub const fn actor(&self) -> Actor {
        Actor::user(self.id)
    }
}

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    Gatekeeper: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match caller(parts, state)? {
            Caller::User { id, role, session } => Ok(Self { id, role, session }),
            _ => Err(Error::UNAUTHENTICATED),
        }
    }
}

/// A signed-in user whose role has the capability; 403 otherwise, before the body is read.
#[derive(Debug, Clone, Copy)]
pub struct Allowed<C> {
    /// The user.
    pub user: SignedIn,
    /// Everywhere, or within the user's scope.
    pub grant: Grant,
    capability: PhantomData<C>,
}

impl<S, C> FromRequestParts<S> for Allowed<C>
where
    S: Send + Sync,
    C: Capable,
    Gatekeeper: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let user = SignedIn::from_request_parts(parts, state).await?;
        match C::CAPABILITY.grant(user.role) {
            Grant::No => Err(Error::FORBIDDEN),
            grant => Ok(Self {
                user,
                grant,
                capability: PhantomData,
            }),
        }
    }
}

/// A signed-in user, if there is one; for routes that visitors may take too.
#[derive(Debug, Clone, Copy)]
pub struct OptionalUser(pub Option<SignedIn>);

impl<S> FromRequestParts<S> for OptionalUser
where
    S: Send + Sync,
    Gatekeeper: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match caller(parts, state)? {
            Caller::User { id, role, session } => Ok(Self(Some(SignedIn { id, role, session }))),
            Caller::Anonymous => Ok(Self(None)),
            _ => Err(Error::UNAUTHENTICATED),
        }
    }
}

/// Anybody whom the gateway let in, signed in or not (login, register, refresh).
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// Where the visitor calls from, as the gateway saw it.
    pub address: IpAddr,
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    Gatekeeper: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match caller(parts, state)? {
            Caller::User { .. } | Caller::Anonymous => Ok(Self {
                address: forwarded_for(&parts.headers),
            }),
            _ => Err(Error::UNAUTHENTICATED),
        }
    }
}

/// The client's address as the gateway saw it; only together with a valid internal token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl<S> FromRequestParts<S> for ClientAddress
where
    S: Send + Sync,
    Gatekeeper: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        caller(parts, state)?;
        Ok(Self(forwarded_for(&parts.headers)))
    }
}

/// The gateways send exactly one address.
fn forwarded_for(headers: &HeaderMap) -> IpAddr {
    headers
        .get(crate::edge::FORWARDED_FOR)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED))
}

/// An external project, by its verified key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHolder {
    /// Key id.
    pub key_id: i64,
    /// The key's project: its whole world.
    pub project_id: i64,
}

impl KeyHolder {
    /// As the actor of a change.
    pub const fn actor(&self) -> Actor {
        Actor::key(self.key_id)
    }
}

impl<S> FromRequestParts<S> for KeyHolder
where
    S: Send + Sync,
    Gatekeeper: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match caller(parts, state) {
            Ok(Caller::Key { id, project_id }) => Ok(Self {
                key_id: id,
                project_id,
            }),
            _ => Err(Error::BAD_KEY),
        }
    }
}

/// Another service, for itself; `/internal` routes take nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCaller(pub String);

impl<S> FromRequestParts<S> for ServiceCaller
where
    S: Send + Sync,
    Gatekeeper: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match caller(parts, state)? {
            Caller::Service(name) => Ok(Self(name)),
            _ => Err(Error::UNAUTHENTICATED),
        }
    }
}
