//! Whose word about the client's address is believed.

use crate::world::{KEY, SECRET, World};

async fn seen(world: &World, token: Option<&str>, forwarded: &str) -> String {
    let mut request = world.ping(KEY, SECRET).header("x-forwarded-for", forwarded);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let echo = world.send(request).await.echoed();
    echo["headers"]["x-forwarded-for"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn the_gateways_word_counts_with_its_token() {
    let world = World::start(&[]).await;
    let token = world.gateway_token();
    assert_eq!(
        seen(&world, Some(&token), "203.0.113.9").await,
        "203.0.113.9"
    );
    assert_eq!(
        seen(&world, Some("forged"), "203.0.113.9").await,
        "127.0.0.1"
    );
    assert_eq!(seen(&world, None, "203.0.113.9").await, "127.0.0.1");
    world.clock.advance(time::Duration::minutes(2));
    assert_eq!(seen(&world, Some(&token), "203.0.113.9").await, "127.0.0.1");
}

#[tokio::test]
async fn an_ingress_is_believed_where_it_is_configured() {
    let world = World::start(&["--trusted-proxies=127.0.0.1"]).await;
    assert_eq!(
        seen(&world, None, "6.6.6.6, 203.0.113.9").await,
        "203.0.113.9"
    );
}
