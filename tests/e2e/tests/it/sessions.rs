//! Sessions through the gateway: what ends them bites at once, everywhere.

use std::time::Duration;

use desk_testkit::eventually_within;
use e2e::{Person, World};
use serde_json::json;

/// A second, as promised, and a quarter for a busy machine.
const AT_ONCE: Duration = Duration::from_millis(1_250);

async fn ends(person: &Person) {
    eventually_within(AT_ONCE, || async {
        person.get("/auth/me").await.status == 401
    })
    .await;
}

#[tokio::test]
async fn whatever_ends_a_session_ends_it_at_the_gateway() {
    let world = World::start("sessions").await;
    let root = world.super_admin().await;

    let me = world.person(&root, "customer", "carol@desk.test").await;
    assert_eq!(
        me.get("/auth/me").await.expect(200)["user"]["email"],
        "carol@desk.test"
    );
    me.post("/auth/logout", json!({})).await.expect(200);
    ends(&me).await;
    me.post("/auth/refresh", json!({})).await.expect(401);

    let (phone, laptop) = (
        world.login("carol@desk.test", "password").await,
        world.login("carol@desk.test", "password").await,
    );
    phone.post("/auth/logout-all", json!({})).await.expect(200);
    ends(&laptop).await;

    // A new password ends the other sessions and keeps this one.
    let (phone, laptop) = (
        world.login("carol@desk.test", "password").await,
        world.login("carol@desk.test", "password").await,
    );
    let change = json!({"password": "new password", "password_confirmation": "new password"});
    phone.put("/auth/profile", change).await.expect(200);
    ends(&laptop).await;
    phone.get("/auth/me").await.expect(200);

    // Another role takes effect, and refresh brings it.
    let path = format!("/admin/users/{}", me.id);
    root.patch(&path, json!({"role": "agent"}))
        .await
        .expect(200);
    ends(&phone).await;
    let fresh = phone.post("/auth/refresh", json!({})).await.expect(200);
    let promoted = world.bearer(fresh["access_token"].as_str().unwrap());
    assert_eq!(
        promoted.get("/auth/me").await.expect(200)["user"]["role"],
        "agent"
    );

    root.patch(&path, json!({"is_active": false}))
        .await
        .expect(200);
    ends(&promoted).await;
    promoted.post("/auth/refresh", json!({})).await.expect(401);
    world
        .stranger()
        .post(
            "/auth/login",
            json!({"email": "carol@desk.test", "password": "new password"}),
        )
        .await
        .expect(403);
    world.stop().await;
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_wins() {
    let world = World::start("refresh").await;
    let me = world.super_admin().await;
    let (one, other) = tokio::join!(
        me.post("/auth/refresh", json!({})),
        me.post("/auth/refresh", json!({}))
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    world.stop().await;
}
