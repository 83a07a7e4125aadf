//! Secrets in headers that nobody reads, in tokens that are none, and in what comes before a path.

use e2e::{Person, World};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use xtask::service::Service;

use super::{accounts::People, keys::Project, witness::Witness};

const PATHS: [&str; 7] = [
    "/auth/me",
    "/auth/refresh",
    "/auth/logout",
    "/tickets",
    "/external/ping",
    "/nowhere",
    "/openapi.json",
];

/// Every path with every odd header, through the gateway and past it.
pub async fn are_malformed(
    world: &World,
    witness: &mut Witness,
    people: &People,
    project: &Project,
) {
    let secret = witness.secrets.plant("a secret in a header");
    let (head, _) = people.root.token().rsplit_once('.').unwrap();
    let (forged, claims) = (
        format!("Bearer {head}.{secret}"),
        format!("Bearer eyJh.{secret}.x"),
    );
    let odd = [
        ("authorization", forged.as_str()),
        ("authorization", claims.as_str()),
        ("authorization", &format!("bearer {secret} {secret}")),
        ("authorization", &format!("Basic {secret}")),
        ("authorization", &secret),
        ("proxy-authorization", &format!("Bearer {secret}")),
        ("cookie", &format!("token={secret}")),
        ("x-portal-token", &secret),
        ("x-internal-token", &secret),
        ("x-api-key", &secret),
        ("x-api-secret", &secret),
        ("traceparent", &format!("00-{secret}-b7ad6b7169203331-01")),
        ("content-type", &secret),
        ("if-match", &secret),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    for path in PATHS {
        for (name, value) in &odd {
            let who = world.stranger().with_header(name, value);
            witness
                .send(&who, reqwest::Method::POST, path, "{}".into())
                .await;
            witness.get(&who, path).await;
        }
        let elsewhere = people
            .customer
            .clone()
            .with_header("x-api-secret", &project.key.api_secret);
        witness.get(&elsewhere, path).await;
    }
    for service in Service::ALL {
        for (name, value) in &odd {
            let who = world.at(service).with_header(name, value);
            for path in ["/internal/heads", "/auth/me", "/tickets"] {
                witness.get(&who, path).await;
            }
        }
    }
    raw_requests(world, witness, &people.customer).await;
}

/// What no client library would send.
async fn raw_requests(world: &World, witness: &mut Witness, customer: &Person) {
    let secret = witness.secrets.plant("a secret before a path");
    let token = customer.token();
    for service in [Service::Gateway, Service::ExternalGateway, Service::Auth] {
        let address = world.stack.url(service).replace("http://", "");
        for target in [
            format!("http://user:{secret}@{address}/api/auth/me"),
            format!("/api/auth/me?access_token={token}"),
            format!("/api/{secret}"),
            format!("/api/tickets/{secret}"),
            format!("/api/auth/%{secret}"),
            format!("/api/../{secret}"),
            secret.clone(),
        ] {
            let mut socket = TcpStream::connect(&address).await.unwrap();
            let request = format!(
                "GET {target} HTTP/1.1\r\nHost: user:{secret}@{address}\r\nAuthorization: Bearer {token}\r\n\
                 Referer: http://user:{secret}@{address}/\r\nConnection: close\r\n\r\n"
            );
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            drop(socket.read_to_end(&mut answer).await);
            witness.saw(
                "a raw request",
                String::from_utf8_lossy(&answer).into_owned(),
            );
        }
    }
}
