//! Failed logins and registrations are counted, in the database.

use auth::{Passwords, settings::Limits};
use desk_identity::Role;
use desk_testkit::{Answer, Desk, eventually};
use serde_json::json;
use time::Duration;

use crate::desk::{Auth, PASSWORD, ROOMY};

const HOME: &str = "198.51.100.1";
const AWAY: &str = "198.51.100.2";

async fn from(auth: &Auth, address: &str, email: &str, password: &str) -> Answer {
    let visitor = auth.desk.anonymous().from_address(address);
    visitor
        .post("/auth/login", json!({"email": email, "password": password}))
        .await
}

async fn fail(auth: &Auth, times: usize, address: &str, email: &str) {
    for _ in 0..times {
        from(auth, address, email, "wrong password")
            .await
            .expect(401);
    }
}

fn retry_after(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 429, "{}", answer.body);
    answer.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

async fn with(limits: Limits) -> Auth {
    let auth = Auth::with_limits(limits).await;
    for name in ["alice", "bob"] {
        auth.person(&format!("{name}@desk.test"), Role::Agent).await;
    }
    auth
}

#[tokio::test]
async fn an_account_is_limited_at_an_address_also_with_the_right_password() {
    let auth = with(Limits {
        login_failures_per_account_and_address: 3,
        ..ROOMY
    })
    .await;
    fail(&auth, 3, HOME, "alice@desk.test").await;
    for (email, password) in [
        ("alice@desk.test", "wrong password"),
        ("ALICE@desk.test", PASSWORD),
    ] {
        let wait = retry_after(&from(&auth, HOME, email, password).await);
        assert!((890..=900).contains(&wait), "{wait}");
    }
    from(&auth, AWAY, "alice@desk.test", PASSWORD)
        .await
        .expect(200);
    from(&auth, HOME, "bob@desk.test", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_limited_alike() {
    let auth = with(Limits {
        login_failures_per_account_and_address: 3,
        ..ROOMY
    })
    .await;
    fail(&auth, 3, HOME, "nobody@desk.test").await;
    retry_after(&from(&auth, HOME, "nobody@desk.test", PASSWORD).await);
}

#[tokio::test]
async fn an_address_is_limited_over_all_accounts() {
    let auth = with(Limits {
        login_failures_per_address: 4,
        ..ROOMY
    })
    .await;
    for number in 0..4 {
        fail(&auth, 1, HOME, &format!("guess{number}@desk.test")).await;
    }
    retry_after(&from(&auth, HOME, "alice@desk.test", PASSWORD).await);
    from(&auth, AWAY, "alice@desk.test", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn an_account_is_limited_over_all_addresses_but_where_it_was_used_before() {
    let auth = with(Limits {
        login_failures_per_account: 3,
        ..ROOMY
    })
    .await;
    from(&auth, HOME, "alice@desk.test", PASSWORD)
        .await
        .expect(200);
    for number in 10..13 {
        fail(&auth, 1, &format!("203.0.113.{number}"), "alice@desk.test").await;
    }
    retry_after(&from(&auth, AWAY, "alice@desk.test", PASSWORD).await);
    from(&auth, HOME, "alice@desk.test", PASSWORD)
        .await
        .expect(200);
    // What bob used before frees bob, nobody else.
    from(&auth, AWAY, "bob@desk.test", PASSWORD)
        .await
        .expect(200);
    retry_after(&from(&auth, AWAY, "alice@desk.test", PASSWORD).await);
}

#[tokio::test]
async fn a_success_resets_nothing() {
    let auth = with(Limits {
        login_failures_per_account_and_address: 3,
        ..ROOMY
    })
    .await;
    fail(&auth, 2, HOME, "alice@desk.test").await;
    from(&auth, HOME, "alice@desk.test", PASSWORD)
        .await
        .expect(200);
    fail(&auth, 1, HOME, "alice@desk.test").await;
    retry_after(&from(&auth, HOME, "alice@desk.test", PASSWORD).await);
}

#[tokio::test]
async fn a_limit_ends_when_its_first_failure_leaves_the_window() {
    let auth = with(Limits {
        login_failures_per_account_and_address: 2,
        ..ROOMY
    })
    .await;
    fail(&auth, 1, HOME, "alice@desk.test").await;
    auth.advance(Duration::minutes(10));
    fail(&auth, 1, HOME, "alice@desk.test").await;
    let wait = retry_after(&from(&auth, HOME, "alice@desk.test", PASSWORD).await);
    assert!((290..=300).contains(&wait), "{wait}");
    auth.advance(Duration::seconds(wait));
    from(&auth, HOME, "alice@desk.test", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn refused_attempts_do_not_prolong_a_limit() {
    let auth = with(Limits {
        login_failures_per_account_and_address: 2,
        ..ROOMY
    })
    .await;
    fail(&auth, 2, HOME, "alice@desk.test").await;
    auth.advance(Duration::minutes(14));
    for _ in 0..5 {
        retry_after(&from(&auth, HOME, "alice@desk.test", "wrong password").await);
    }
    auth.advance(Duration::minutes(2));
    from(&auth, HOME, "alice@desk.test", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn many_failures_at_once_are_told_wrong_no_more_often_than_the_limit() {
    let auth = with(Limits {
        login_failures_per_account_and_address: 5,
        ..ROOMY
    })
    .await;
    let tries = (0..30).map(|_| from(&auth, HOME, "alice@desk.test", "wrong password"));
    let answers = futures::future::join_all(tries).await;
    let wrong = answers.iter().filter(|answer| answer.status == 401).count();
    let limited = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((wrong, limited), (5, 25));
}

#[tokio::test]
async fn many_right_logins_at_once_are_no_failures() {
    let auth = with(Limits {
        login_failures_per_account_and_address: 2,
        ..ROOMY
    })
    .await;
    let tries = (0..20).map(|_| from(&auth, HOME, "alice@desk.test", PASSWORD));
    let answers = futures::future::join_all(tries).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[tokio::test]
async fn neither_a_restart_nor_another_replica_forgets() {
    let auth = with(Limits {
        login_failures_per_account_and_address: 2,
        ..ROOMY
    })
    .await;
    fail(&auth, 2, HOME, "alice@desk.test").await;
    let other = Desk::new(auth::router(auth.app.clone()), auth.keys.clone(), "auth");
    let visitor = other.anonymous().from_address(HOME);
    let body = json!({"email": "alice@desk.test", "password": PASSWORD});
    retry_after(&visitor.post("/auth/login", body).await);
}

#[tokio::test]
async fn an_ipv6_network_counts_as_one_address() {
    let auth = with(Limits {
        login_failures_per_address: 2,
        ..ROOMY
    })
    .await;
    fail(&auth, 1, "2001:db8:1:2::1", "alice@desk.test").await;
    fail(&auth, 1, "2001:db8:1:2:ffff::9", "alice@desk.test").await;
    retry_after(&from(&auth, "2001:db8:1:2:3::4", "bob@desk.test", PASSWORD).await);
    from(&auth, "2001:db8:1:3::1", "bob@desk.test", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn registrations_are_limited_by_address_and_hour() {
    let auth = with(Limits {
        registrations_per_hour: 2,
        ..ROOMY
    })
    .await;
    let register = async |address: &str, email: &str| {
        let body = json!({"name": "x", "email": email, "password": PASSWORD, "password_confirmation": PASSWORD});
        auth.desk
            .anonymous()
            .from_address(address)
            .post("/auth/register", body)
            .await
    };
    register(HOME, "one@mail.test").await.expect(201);
    // A taken address counts too, or it could be asked for without end.
    register(HOME, "one@mail.test").await.expect(422);
    let wait = retry_after(&register(HOME, "two@mail.test").await);
    assert!((3590..=3600).contains(&wait), "{wait}");
    register(AWAY, "two@mail.test").await.expect(201);
    auth.advance(Duration::minutes(61));
    register(HOME, "three@mail.test").await.expect(201);
}

#[tokio::test]
async fn many_registrations_at_once_are_no_more_than_the_limit() {
    let auth = with(Limits {
        registrations_per_hour: 3,
        ..ROOMY
    })
    .await;
    // Twice: the second time every connection is open already.
    for address in [HOME, AWAY] {
        let visitor = auth.desk.anonymous().from_address(address);
        let tries = (0..12).map(|number| {
            let email = format!("{number}-{address}@mail.test");
            let body = json!({"name": "x", "email": email, "password": PASSWORD, "password_confirmation": PASSWORD});
            visitor.post("/auth/register", body)
        });
        let answers = futures::future::join_all(tries).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        let limited = answers.iter().filter(|answer| answer.status == 429).count();
        assert_eq!((made, limited), (3, 9), "{address}");
    }
}

#[tokio::test]
async fn a_right_password_that_was_under_way_when_the_limit_was_reached_is_refused() {
    let slow = argon2::Params::new(19_456, 40, 1, None).unwrap();
    let limits = Limits {
        login_failures_per_account: 1,
        ..ROOMY
    };
    let auth = Auth::with(limits, Passwords::new(slow, 1, 10).unwrap()).await;
    auth.person("alice@desk.test", Role::Agent).await;
    let reach_the_limit = async {
        let checked = "select count(*) from pg_stat_activity where datname = current_database()
                       and state = 'idle' and query like '%as pair%'";
        eventually(|| async { auth.count(checked).await > 0 }).await;
        auth.sql(
            "insert into attempts (kind, address, account, at)
             values ('login', '203.0.113.1', sha256('alice@desk.test'), now())",
        )
        .await;
    };
    let (answer, ()) = tokio::join!(
        from(&auth, HOME, "alice@desk.test", PASSWORD),
        reach_the_limit
    );
    retry_after(&answer);
}

#[tokio::test]
async fn neither_address_nor_password_is_kept_of_a_failure() {
    let auth = with(ROOMY).await;
    fail(&auth, 1, HOME, "alice@desk.test").await;
    let kept: String = sqlx::query_scalar("select attempts::text from attempts")
        .fetch_one(&auth.db)
        .await
        .unwrap();
    assert!(!kept.contains("alice") && !kept.contains("wrong"), "{kept}");
}
