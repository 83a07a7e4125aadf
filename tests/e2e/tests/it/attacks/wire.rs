//! Requests as bytes, which no client library would send.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Longer than any patience of the desk's.
const LONGEST: Duration = Duration::from_mins(1);

/// An attacker, whose limits by address hit nobody else.
pub const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Another one, who has all the connections that an address may have.
pub const HOARDER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// A connection from an attacker's own address.
pub async fn connect(from: Ipv4Addr, address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(address.parse().unwrap()).await.unwrap()
}

/// What is answered to these bytes until the connection is closed.
pub async fn exchange(address: &str, bytes: &[u8]) -> Answers {
    let mut stream = connect(ATTACKER, address).await;
    // A refused one may be closed before all is sent.
    drop(stream.write_all(bytes).await);
    Answers::read(&mut stream).await
}

/// All that came back on one connection.
#[derive(Debug)]
pub struct Answers(pub String);

impl Answers {
    /// Reads until the desk closes.
    pub async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let end = timeout(LONGEST, stream.read_to_end(&mut bytes)).await;
        assert!(
            end.is_ok(),
            "not closed: {}",
            String::from_utf8_lossy(&bytes)
        );
        Self(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The status of each answer.
    pub fn statuses(&self) -> Vec<u16> {
        self.0
            .split("HTTP/1.")
            .skip(1)
            .map(|answer| answer[2..5].parse().unwrap())
            .collect()
    }

    /// Fails unless the last answer has the envelope or no body at all.
    pub fn are_ours(&self) {
        let Some((_, body)) = self.0.rsplit_once("\r\n\r\n") else {
            assert_eq!(self.0, "", "half an answer");
            return;
        };
        let ours = body.is_empty()
            || serde_json::from_str::<Value>(body).is_ok_and(|body| body.is_object());
        assert!(ours, "{body}");
    }
}
