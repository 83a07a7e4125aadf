//! Those who call: eight who are somebody, and whoever pretends to be.

use std::time::Duration;

use desk_testkit::eventually_within;
use e2e::{Key, Person, World};
use serde_json::json;
use xtask::service::Service;

use super::{stage::Stage, table::Caller};

/// What a caller calls as.
pub fn person(stage: &Stage, caller: Caller) -> &Person {
    match caller {
        Caller::Nobody => &stage.stranger,
        Caller::Customer => &stage.home.customer,
        Caller::Other => &stage.away.customer,
        Caller::Agent => &stage.home.agent,
        Caller::Stray => &stage.away.agent,
        Caller::Admin => &stage.admin,
        Caller::Root => &stage.root,
        Caller::Key => &stage.home.shop,
        Caller::OtherKey => &stage.away.shop,
    }
}

/// Somebody with the caller's role and a session to lose.
pub async fn expendable(world: &World, stage: &Stage, caller: Caller) -> Person {
    match caller.role() {
        // Nobody makes a second super admin over HTTP.
        Some(_) if caller == Caller::Root => world.super_admin().await,
        Some(role) => {
            let email = format!("expendable-{}@desk.test", stage.next());
            world.person(&stage.root, role.as_str(), &email).await
        }
        None => person(stage, caller).clone(),
    }
}

/// Everybody who is nobody, and why.
pub async fn nobodies(world: &World, stage: &Stage) -> Vec<(&'static str, Person)> {
    let (root, home) = (&stage.root, &stage.home);
    let pair = |api_key: &str, api_secret: &str| {
        world.key(&Key {
            api_key: api_key.to_owned(),
            api_secret: api_secret.to_owned(),
        })
    };
    let (good, other) = (&home.project.key, &stage.away.project.key);
    let (claims, _) = root.token().rsplit_once('.').unwrap();
    let (_, signature) = home.customer.token().rsplit_once('.').unwrap();
    let swapped = format!("{claims}.{signature}");
    let (_, payload) = claims.split_once('.').unwrap();
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    let mut found = vec![
        ("without a token", stage.stranger.clone()),
        ("garbage", world.bearer("garbage")),
        ("an API secret as a token", world.bearer(&good.api_secret)),
        (
            "an internal token",
            world.bearer(world.as_service(Service::Ticket).token()),
        ),
        ("a token with another's signature", world.bearer(&swapped)),
        ("a token of no algorithm", world.bearer(&unsigned)),
        ("a key without its secret", pair(&good.api_key, "")),
        (
            "a key with another's secret",
            pair(&good.api_key, &other.api_secret),
        ),
        ("a token as a key", pair(root.token(), root.token())),
    ];
    found.extend(ended(world, stage).await);
    found.extend(revoked(world, stage).await);
    let (tokens, keys): (Vec<_>, Vec<_>) = (
        found.iter().filter(|(_, person)| person.id != 0).collect(),
        found
            .iter()
            .filter(|(what, _)| what.starts_with("the key"))
            .collect(),
    );
    let second = Duration::from_secs(3);
    for (_, person) in tokens {
        eventually_within(second, async || person.get("/auth/me").await.status == 401).await;
    }
    for (_, shop) in keys {
        eventually_within(second, async || {
            shop.get("/external/ping").await.status == 401
        })
        .await;
    }
    found
}

/// Sessions that were good once.
async fn ended(world: &World, stage: &Stage) -> Vec<(&'static str, Person)> {
    let root = &stage.root;
    let make = async |name: &str| {
        world
            .person(root, "admin", &format!("{name}@desk.test"))
            .await
    };
    let (refreshed, left) = (make("refreshed").await, make("left").await);
    refreshed.post("/auth/refresh", json!({})).await.expect(200);
    left.post("/auth/logout", json!({})).await.expect(200);
    let (disabled, deleted) = (make("disabled").await, make("gone").await);
    let account = |person: &Person| format!("/admin/users/{}", person.id);
    let inactive = json!({"is_active": false});
    root.patch(&account(&disabled), inactive).await.expect(200);
    root.delete(&account(&deleted)).await.expect(200);
    vec![
        ("a token that was exchanged by refresh", refreshed),
        ("a token that was logged out", left),
        ("the token of a disabled admin", disabled),
        ("the token of a deleted admin", deleted),
    ]
}

/// Keys that were good once, or are so elsewhere.
async fn revoked(world: &World, stage: &Stage) -> Vec<(&'static str, Person)> {
    let root = &stage.root;
    let (gone, closed, removed, far) = (
        world.project(root, "Revoked").await,
        world.project(root, "Disabled").await,
        world.project(root, "Deleted").await,
        world.project(root, "Faraway").await,
    );
    let keys = |project: i64| format!("/admin/projects/{project}/api-keys");
    let revoked = format!("{}/{}", keys(gone.id), gone.key_id);
    root.delete(&revoked).await.expect(200);
    let project = |id: i64| format!("/admin/projects/{id}");
    let inactive = json!({"is_active": false});
    root.patch(&project(closed.id), inactive).await.expect(200);
    root.delete(&project(removed.id)).await.expect(200);
    let elsewhere = json!({"name": "Elsewhere", "allowed_ips": ["203.0.113.7"]});
    let elsewhere = root.post(&keys(far.id), elsewhere).await.expect(201);
    let text = |field: &str| elsewhere[field].as_str().unwrap().to_owned();
    let elsewhere = Key {
        api_key: text("api_key"),
        api_secret: text("api_secret"),
    };
    vec![
        ("the key that was revoked", world.key(&gone.key)),
        ("the key of a disabled project", world.key(&closed.key)),
        ("the key of a deleted project", world.key(&removed.key)),
        ("the key of another address", world.key(&elsewhere)),
    ]
}
