//! Which paths go anywhere at all.

use crate::world::World;

#[tokio::test]
async fn internal_is_out_of_reach_by_any_spelling() {
    let world = World::start(&[]).await;
    let token = world.token();
    for path in [
        "/internal/revocations",
        "/api/internal/revocations",
        "/api/tickets/../internal/users/1",
        "/api/tickets/%2e%2e/internal/users/1",
        "/api/tickets/%2E%2E%2Finternal",
        "/api/tickets/..%2finternal",
        "/api//internal/users/1",
        "//internal/users/1",
        "/api/tickets//internal",
        "/api/tickets/..;/internal",
        "/api/%69nternal/users/1",
        "/api/tickets/%252e%252e/internal",
        "/api/tickets/..\\internal",
        "/api",
        "/api/",
        "/api/nowhere",
        "/tickets",
        "/",
    ] {
        let answer = world.get_raw(path, &token).await;
        let passed = answer.starts_with("HTTP/1.1 200") && answer.contains("\"path\":\"/tickets/");
        let refused =
            answer.starts_with("HTTP/1.1 404") && answer.ends_with(r#"{"error":"Not found."}"#);
        // A `..;` is an ordinary name here and reaches ticket as one.
        assert!(
            if path.contains(';') { passed } else { refused },
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn queries_and_encoded_names_pass_byte_for_byte() {
    let world = World::start(&[]).await;
    let token = world.token();
    let answer = world
        .get_raw("/api/tickets/caf%C3%A9?search=a%2Fb&x=../..", &token)
        .await;
    assert!(
        answer.contains(r#""path":"/tickets/caf%C3%A9?search=a%2Fb&x=../..""#),
        "{answer}"
    );
}
