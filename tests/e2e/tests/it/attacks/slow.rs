//! Those who take their time, to have the desk's.

use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{interval, timeout},
};

use super::{
    CONNECTIONS, Scene,
    wire::{ATTACKER, Answers, HOARDER, connect},
};

/// Heads that come a byte a second, on twice as many connections as one address may have.
pub async fn heads_are_closed(scene: &Scene) {
    let gateway = scene.gateway();
    let began = Instant::now();
    let lives = join_all((0..2 * CONNECTIONS).map(|_| trickle(&gateway))).await;
    let at_once = lives.iter().filter(|life| life.as_secs() < 5).count();
    assert!(
        at_once >= CONNECTIONS - 20,
        "{at_once} connections too many were closed"
    );
    assert!(
        began.elapsed() < Duration::from_secs(35),
        "the rest took {:?}",
        began.elapsed()
    );
}

/// How long a connection lives on which a head trickles.
async fn trickle(gateway: &str) -> Duration {
    let began = Instant::now();
    let mut stream = connect(HOARDER, gateway).await;
    let mut beat = interval(Duration::from_secs(1));
    let mut head = b"GET /api/tickets HTTP/1.1\r\nhost: x\r\nx-long: ".to_vec();
    loop {
        beat.tick().await;
        if stream.write_all(&head).await.is_err() {
            return began.elapsed();
        }
        head = b"x".to_vec();
        let mut answer = [0; 64];
        let read = timeout(Duration::from_millis(1), stream.read(&mut answer)).await;
        // Closed, or told so.
        if read.is_ok() {
            return began.elapsed();
        }
    }
}

/// Bodies that are announced and do not come: a form and JSON, of a customer, a key and a stranger.
pub async fn bodies_are_refused(scene: &Scene) {
    let gateway = scene.gateway();
    let (token, key) = (scene.customer.token(), &scene.project.key);
    let portal = format!("authorization: Bearer {token}");
    let pair = format!(
        "x-api-key: {}\r\nx-api-secret: {}",
        key.api_key, key.api_secret
    );
    let json = "application/json";
    let form = "multipart/form-data; boundary=b";
    join_all(
        [
            ("/api/auth/login", "x-nobody: 1", json),
            ("/api/tickets", portal.as_str(), json),
            ("/api/tickets", portal.as_str(), form),
            ("/api/external/tickets", pair.as_str(), json),
        ]
        .map(async |(path, who, kind)| {
            let mut stream = connect(ATTACKER, &gateway).await;
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\n{who}\r\ncontent-type: {kind}\r\n\
                 content-length: 5000\r\nconnection: close\r\n\r\n--b"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            let began = Instant::now();
            let answers = Answers::read(&mut stream).await;
            assert_eq!(answers.statuses(), [400], "{path} {kind}");
            answers.are_ours();
            let took = began.elapsed();
            assert!(took > Duration::from_secs(10), "{path} {kind}: {took:?}");
        }),
    )
    .await;
}
