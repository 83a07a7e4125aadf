//! What the gateway adds to a request: the same detail asked through it with a portal token, and
//! of ticket itself with an internal one, in turns, over one connection each. The yardstick is an
//! echo: a request that nobody has any work with.

use std::{net::SocketAddr, time::Instant};

use anyhow::{Context as _, Result, ensure};
use desk_identity::{Caller, Clock, Issuer, Role, SigningKey};
use http_body_util::Full;
use hyper::{Request, StatusCode, header::HOST};
use serde_json::Value;
use xtask::service::Service;

use crate::{
    bare::{Bare, ECHO},
    desk::Desk,
    latency::{Latencies, micros},
    load::{Call, Client},
    requests,
    scale::Scale,
};

/// No route of ticket's asks for it.
const SESSION: i64 = 1;

/// What each way took.
#[derive(Debug, Clone, Default)]
pub struct Hop {
    /// Through the gateway.
    pub through: Latencies,
    /// Of ticket itself.
    pub direct: Latencies,
    /// Of the bare echo.
    pub echo: Latencies,
}

impl Hop {
    /// Microseconds that the gateway adds at the median.
    pub fn added(&self) -> f64 {
        1e3 * (self.through.median() - self.direct.median())
    }
}

/// Measures it with one of the tickets.
///
/// # Errors
/// When one of the three does not answer, or ticket answers something else by itself.
pub async fn run(desk: &Desk, bare: &Bare, ticket: i64, scale: &Scale) -> Result<Hop> {
    let issuer = issuer(desk)?;
    let clock = Clock::system();
    let caller = Caller::User {
        id: desk.admin,
        role: Role::SuperAdmin,
        session: SESSION,
    };
    let mut gateway = Client::connect(desk.address()?).await?;
    let mut service = Client::connect(address(desk, Service::Ticket)?).await?;
    let mut echo = Client::connect(bare.address).await?;
    let (mut through, mut direct, mut echoed) = (Vec::new(), Vec::new(), Vec::new());
    let since = Instant::now();
    while since.elapsed() < scale.whole() {
        let call = requests::get(&format!("/api/tickets/{ticket}"), &desk.token)?;
        let (outside, first) = time(&mut gateway, call).await?;
        let token = issuer.token(&caller, Service::Ticket.name(), clock.now())?;
        let call = requests::get(&format!("/tickets/{ticket}"), &token)?;
        let (inside, second) = time(&mut service, call).await?;
        let (_, third) = time(&mut echo, empty(ECHO)?).await?;
        if through.is_empty() {
            same(&outside, &inside)?;
        }
        if since.elapsed() > scale.warm {
            through.push(first);
            direct.push(second);
            echoed.push(third);
        }
    }
    Ok(Hop {
        through: Latencies::new(through),
        direct: Latencies::new(direct),
        echo: Latencies::new(echoed),
    })
}

/// Vouches for people as the gateway does.
fn issuer(desk: &Desk) -> Result<Issuer> {
    let signers = &desk.world.stack.plan().secrets.signers;
    let gateway = Service::Gateway.name();
    let pair = signers.get(gateway).context("the gateway has no key")?;
    let key = SigningKey::from_setting(&pair.seed).context("the gateway's key is none")?;
    Ok(Issuer::new(gateway, &key))
}

fn address(desk: &Desk, service: Service) -> Result<SocketAddr> {
    let url = desk.world.stack.url(service);
    let address = url.trim_start_matches("http://").parse();
    address.with_context(|| format!("{url} is no address"))
}

fn empty(path: &str) -> Result<Call> {
    let request = Request::post(path).header(HOST, "localhost");
    Ok(request.body(Full::default())?)
}

async fn time(client: &mut Client, call: Call) -> Result<(hyper::body::Bytes, u32)> {
    let sent = Instant::now();
    let answer = client.send(call, StatusCode::OK).await?;
    Ok((answer, micros(sent.elapsed())))
}

fn same(outside: &[u8], inside: &[u8]) -> Result<()> {
    let outside: Value = serde_json::from_slice(outside)?;
    let inside: Value = serde_json::from_slice(inside)?;
    ensure!(outside == inside, "ticket answers {inside}, not {outside}");
    Ok(())
}
