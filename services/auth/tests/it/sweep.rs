//! What has had its time is forgotten, and nothing else.

use desk_identity::Role;
use time::Duration;

use crate::desk::Auth;

async fn rows(auth: &Auth) -> [i64; 4] {
    [
        auth.count("select count(*) from sessions").await,
        auth.count("select count(*) from revocations").await,
        auth.count("select count(*) from attempts").await,
        auth.count("select count(*) from login_addresses").await,
    ]
}

#[tokio::test]
async fn everything_is_kept_as_long_as_it_counts() {
    let auth = Auth::start().await;
    auth.person("alice@desk.test", Role::Agent).await;
    let token = auth.login("alice@desk.test").await;
    auth.refresh(&token).await;
    auth.try_login("alice@desk.test", "wrong password")
        .await
        .expect(401);
    for (later, left) in [
        (Duration::minutes(59), [1, 1, 1, 1]),
        (Duration::minutes(3), [1, 0, 0, 1]),
        (Duration::days(13), [1, 0, 0, 1]),
        (Duration::days(1), [0, 0, 0, 1]),
        (Duration::days(170), [0, 0, 0, 0]),
    ] {
        auth.advance(later);
        auth::sweep::once(&auth.app).await.unwrap();
        assert_eq!(rows(&auth).await, left, "after {later} more");
    }
}
