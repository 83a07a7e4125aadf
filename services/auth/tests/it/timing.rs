//! No answer tells by its time whether there is an account: calls about one that there is and about
//! one that there is not are timed in turn, and their medians compared.

use std::time::{Duration, Instant};

use auth::Passwords;
use desk_identity::Role;
use desk_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::{
    desk::{Auth, ROOMY, token_of},
    post::Letterbox,
};

/// Calls of each kind in one comparison.
const ROUNDS: usize = 41;
/// Comparisons until it is believed that the times differ: a busy machine spoils one.
const COMPARISONS: usize = 3;
/// What may lie between the medians, whatever they are: far less than a password costs to hash.
const SLACK: Duration = Duration::from_millis(3);

const ALICE: &str = "alice@desk.test";
const NOBODY: &str = "nobody@desk.test";

/// The median time of each call's answer. The calls take turns, so that whatever else the machine
/// does falls on all of them; all are answered alike.
async fn medians(client: &Client, path: &str, bodies: &[Value]) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(ROUNDS); bodies.len()];
    let mut first = None;
    for round in 0..ROUNDS {
        // Nobody is always the first.
        for place in 0..bodies.len() {
            let kind = (place + round) % bodies.len();
            let started = Instant::now();
            let Answer { status, body, .. } = client.post(path, bodies[kind].clone()).await;
            times[kind].push(started.elapsed());
            let answer = (status, body);
            assert_eq!(first.get_or_insert_with(|| answer.clone()), &answer);
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[ROUNDS / 2]
    };
    times.iter_mut().map(median).collect()
}

/// Fails when the calls' times differ by more than a quarter each time.
async fn take_as_long(client: &Client, path: &str, bodies: &[Value]) {
    let mut seen = Vec::new();
    for _ in 0..COMPARISONS {
        let medians = medians(client, path, bodies).await;
        let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
        if most.abs_diff(*least) <= SLACK.max(*most / 4) {
            return;
        }
        seen.push(medians);
    }
    panic!("{path} with {bodies:?} took {seen:?}");
}

/// With passwords that cost what they cost outside tests.
async fn auth() -> Auth {
    let auth = Auth::with(ROOMY, Passwords::recommended().unwrap()).await;
    auth.person(ALICE, Role::Agent).await;
    auth
}

#[tokio::test]
async fn logging_in() {
    let auth = auth().await;
    auth.person("imported@desk.test", Role::Customer).await;
    auth.sql("update users set password_hash = null where email = 'imported@desk.test'")
        .await;
    let login = |email| json!({"email": email, "password": "wrong password"});
    let bodies = [ALICE, "imported@desk.test", NOBODY].map(login);
    take_as_long(&auth.desk.anonymous(), "/auth/login", &bodies).await;
}

#[tokio::test]
async fn forgetting_a_password() {
    let auth = auth().await;
    let bodies = [ALICE, NOBODY].map(|email| json!({"email": email}));
    take_as_long(&auth.desk.anonymous(), "/auth/forgot-password", &bodies).await;
}

#[tokio::test]
async fn setting_a_password_anew_by_what_is_no_token_any_more() {
    let auth = auth().await;
    let letterbox = Letterbox::open(&auth).await;
    let visitor = auth.desk.anonymous();
    let asked = json!({"email": ALICE});
    visitor
        .post("/auth/forgot-password", asked)
        .await
        .expect(200);
    let token = letterbox.token(&auth).await;
    let reset = |token: &str| {
        let password = "another password";
        json!({"token": token, "password": password, "password_confirmation": password})
    };
    let spent = reset(&token);
    visitor
        .post("/auth/reset-password", spent.clone())
        .await
        .expect(200);
    let bodies = [spent, reset("never made")];
    take_as_long(&visitor, "/auth/reset-password", &bodies).await;
}

#[tokio::test]
async fn verifying_an_address_by_anothers_token() {
    let auth = auth().await;
    let letterbox = Letterbox::open(&auth).await;
    let account = |email: &str| {
        let password = "password";
        json!({
            "name": "Tunde", "email": email,
            "password": password, "password_confirmation": password,
        })
    };
    let visitor = auth.desk.anonymous();
    let tunde = account("tunde@desk.test");
    let made = visitor.post("/auth/register", tunde).await.expect(201);
    letterbox.collect(&auth).await;
    let ada = account("ada@desk.test");
    visitor.post("/auth/register", ada).await.expect(201);
    let token = letterbox.token(&auth).await;
    let bodies = [token.as_str(), "never made"].map(|token| json!({"token": token}));
    let holder = auth.as_holder(&token_of(&made));
    take_as_long(&holder, "/auth/verify-email", &bodies).await;
}
