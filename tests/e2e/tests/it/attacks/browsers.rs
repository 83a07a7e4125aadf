//! What a browser could be made to do or to keep.

use super::{Scene, wire::exchange};

pub async fn get_nothing_extra(scene: &Scene) {
    let gateway = scene.gateway();
    let token = scene.customer.token();
    let ask = async |path: &str, host: &str, more: &str| {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n{more}connection: close\r\n\r\n"
        );
        exchange(&gateway, request.as_bytes()).await
    };
    // No other site may read, nothing is kept, nothing is guessed, whatever the host is called.
    for (path, status) in [
        ("/api/auth/me", 200),
        ("/api/tickets", 200),
        ("/api/tickets/999", 404),
    ] {
        let answers = ask(path, "evil.example", "origin: https://evil.example\r\n").await;
        assert_eq!(answers.statuses(), [status], "{answers:?}");
        let text = answers.0.to_ascii_lowercase();
        assert!(text.contains("\r\ncache-control: no-store\r\n"), "{text}");
        assert!(
            text.contains("\r\nx-content-type-options: nosniff\r\n"),
            "{text}"
        );
        assert!(
            text.contains("\r\ncontent-type: application/json\r\n"),
            "{text}"
        );
        for never in [
            "access-control-allow",
            "set-cookie",
            "evil.example",
            "\r\nserver:",
        ] {
            assert!(!text.contains(never), "{never} in {text}");
        }
    }
    // Nothing becomes another protocol.
    for upgrade in [
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: eA==\r\nsec-websocket-version: 13\r\n",
        "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
    ] {
        let answers = ask("/api/auth/me", "x", upgrade).await;
        assert_eq!(answers.statuses(), [200], "{answers:?}");
    }
}
