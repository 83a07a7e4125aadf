//! Heads that two readers could read differently, and what is no request at all.

use super::{Scene, wire::exchange};

/// The request that a smuggler wants to be taken for one of its own.
const SMUGGLED: &str = "GET /api/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";

/// Gateway and service agree on where a request ends: each shape is one answer, or two that both
/// ends saw alike.
pub async fn are_read_one_way(scene: &Scene) {
    let gateway = scene.gateway();
    let login = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let body = "{}";
    for (what, request, statuses) in [
        (
            "two lengths",
            format!("{login}content-length: 2\r\ncontent-length: 50\r\n\r\n{body}{SMUGGLED}"),
            vec![400],
        ),
        (
            "a list of lengths",
            format!("{login}content-length: 2, 50\r\n\r\n{body}{SMUGGLED}"),
            vec![400],
        ),
        (
            "a signed length",
            format!("{login}content-length: +2\r\n\r\n{body}{SMUGGLED}"),
            vec![400],
        ),
        (
            "an encoding that is none",
            format!("{login}transfer-encoding: xchunked\r\n\r\n2\r\n{body}\r\n0\r\n\r\n"),
            vec![400],
        ),
        (
            "an encoding behind chunks",
            format!("{login}transfer-encoding: chunked, identity\r\n\r\n2\r\n{body}\r\n0\r\n\r\n"),
            vec![400],
        ),
        (
            "chunks in HTTP/1.0",
            format!("{login}transfer-encoding: chunked\r\n\r\n0\r\n\r\n").replace("1.1", "1.0"),
            vec![400],
        ),
        (
            "a folded header",
            format!("{login}x-a: 1\r\n content-length: 50\r\ncontent-length: 2\r\n\r\n{body}"),
            vec![400],
        ),
        (
            "a space before the colon",
            format!("{login}content-length : 2\r\n\r\n{body}{SMUGGLED}"),
            vec![400],
        ),
        (
            "a chunk's size that overflows",
            format!(
                "{login}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{body}\r\n0\r\n\r\n"
            ),
            vec![400],
        ),
    ] {
        let answers = exchange(&gateway, request.as_bytes()).await;
        assert_eq!(answers.statuses(), statuses, "{what}: {answers:?}");
        answers.are_ours();
    }
    // The chunks count, for both, and the connection ends with them: nothing that follows is read.
    for order in [
        "content-length: 60\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 60",
    ] {
        let request = format!(
            "{login}{order}\r\n\r\n2\r\n{body}\r\n0\r\n\r\n{}",
            last("/api/nowhere")
        );
        let answers = exchange(&gateway, request.as_bytes()).await;
        assert_eq!(answers.statuses(), [422], "{order}: {answers:?}");
    }
    // Pipelined requests are answered in turn.
    let many = "GET /api/nowhere HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50) + &last("/api/auth/me");
    let answers = exchange(&gateway, many.as_bytes()).await;
    let statuses = answers.statuses();
    assert_eq!((statuses.len(), statuses[49], statuses[50]), (51, 404, 401));
}

fn last(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

/// Heads without end, and what only looks like HTTP.
pub async fn are_closed_or_refused(scene: &Scene) {
    let gateway = scene.gateway();
    let head = "GET /api/tickets HTTP/1.1\r\nhost: x\r\n";
    for (what, request, status) in [
        (
            "many headers",
            format!("{head}{}\r\n", "a: b\r\n".repeat(500)),
            431,
        ),
        (
            "a large header",
            format!("{head}a: {}\r\n\r\n", "x".repeat(60_000)),
            431,
        ),
        (
            "a name without end",
            format!("{head}{}", "x".repeat(200_000)),
            431,
        ),
        (
            "a header without end",
            format!("{head}a: {}", "x".repeat(3_000_000)),
            431,
        ),
        (
            "a huge path",
            format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000)),
            431,
        ),
        ("no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01".into(), 400),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 400),
        (
            "a tunnel",
            "CONNECT 127.0.0.1:5432 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(),
            404,
        ),
        ("zeros", format!("{head}a: \0\r\n\r\n"), 400),
    ] {
        let answers = exchange(&gateway, request.as_bytes()).await;
        let statuses = answers.statuses();
        // A reset may outrun the answer to what is still being sent.
        let refused = statuses == [status] || statuses.is_empty();
        assert!(refused, "{what}: {answers:?}");
        answers.are_ours();
    }
    let long = last(&format!("/api/tickets?search={}", "x".repeat(20_000)));
    let answers = exchange(&gateway, long.as_bytes()).await;
    assert_eq!(answers.statuses(), [401], "{answers:?}");
}
