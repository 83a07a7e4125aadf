//! `POST /auth/forgot-password`, `/auth/reset-password`, `/auth/verify-email`, and what is mailed
//! in between.

use auth::settings::Limits;
use desk_identity::Role;
use desk_testkit::Answer;
use serde_json::{Value, json};
use time::Duration;

use crate::{
    desk::{Auth, PASSWORD, ROOMY, bad_fields, id_of, token_of},
    post::{Letterbox, PUBLIC_URL, token_in},
};

const ALICE: &str = "alice@desk.test";
const NEW: &str = "another password";

async fn with_alice() -> (Auth, Letterbox, i64) {
    let auth = Auth::start().await;
    let letterbox = Letterbox::open(&auth).await;
    let id = auth.person(ALICE, Role::Agent).await;
    (auth, letterbox, id)
}

async fn forgot(auth: &Auth, email: &str) -> Answer {
    let body = json!({"email": email});
    auth.desk
        .anonymous()
        .post("/auth/forgot-password", body)
        .await
}

async fn reset(auth: &Auth, token: &str) -> Answer {
    let body = json!({"token": token, "password": NEW, "password_confirmation": NEW});
    auth.desk
        .anonymous()
        .post("/auth/reset-password", body)
        .await
}

async fn register(auth: &Auth, email: &str) -> (i64, String) {
    let body = json!({"name": "Tunde", "email": email, "password": PASSWORD, "password_confirmation": PASSWORD});
    let visitor = auth.desk.anonymous();
    let answer = visitor.post("/auth/register", body).await.expect(201);
    (id_of(&answer), token_of(&answer))
}

async fn verify(auth: &Auth, holder: &str, token: &str) -> Answer {
    let body = json!({"token": token});
    auth.as_holder(holder)
        .post("/auth/verify-email", body)
        .await
}

async fn verified_at(auth: &Auth, id: i64) -> Value {
    let path = format!("/admin/users/{id}");
    auth.admin().get(&path).await.expect(200)["user"]["email_verified_at"].clone()
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_the_mailed_link_once() {
    let (auth, letterbox, id) = with_alice().await;
    let old = auth.login(ALICE).await;
    forgot(&auth, "Alice@Desk.test").await.expect(200);
    let mails = letterbox.collect(&auth).await;
    let [mail] = mails.as_slice() else {
        panic!("{mails:?}")
    };
    assert_eq!(mail["kind"], "reset");
    assert_eq!(mail["to"], json!({"name": "Some One", "email": ALICE}));
    let link = mail["link"].as_str().unwrap();
    assert!(link.starts_with(&format!("{PUBLIC_URL}/reset-password?token=")));
    assert!(mail["expires_at"].is_string() && mail["id"].is_string());

    let token = token_in(mail);
    reset(&auth, &token).await.expect(200);
    assert!(auth.is_revoked(&old).await);
    auth.present("/auth/refresh", &old).await.expect(401);
    auth.try_login(ALICE, PASSWORD).await.expect(401);
    auth.try_login(ALICE, NEW).await.expect(200);
    assert_eq!(bad_fields(reset(&auth, &token).await), ["token"]);
    let audited = "select count(*) from audit where action = 'user.password_reset'";
    assert_eq!(auth.count(audited).await, 1);
    // The address was verified already: nothing to tell.
    assert_eq!(auth.said(id).await, ["user.created"]);
}

#[tokio::test]
async fn a_reset_is_the_way_into_an_account_that_a_ticket_made_and_verifies_it() {
    let (auth, letterbox, id) = with_alice().await;
    auth.sql("update users set password_hash = null, email_verified_at = null")
        .await;
    forgot(&auth, ALICE).await.expect(200);
    reset(&auth, &letterbox.token(&auth).await)
        .await
        .expect(200);
    auth.try_login(ALICE, NEW).await.expect(200);
    assert!(verified_at(&auth, id).await.is_string());
    assert_eq!(auth.said(id).await, ["user.created", "user.verified"]);
}

#[tokio::test]
async fn an_address_without_an_account_is_answered_alike_and_gets_nothing() {
    let (auth, letterbox, id) = with_alice().await;
    let known = forgot(&auth, ALICE).await;
    let unknown = forgot(&auth, "nobody@desk.test").await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    assert_eq!(letterbox.collect(&auth).await.len(), 1);
    auth.admin()
        .patch(&format!("/admin/users/{id}"), json!({"is_active": false}))
        .await
        .expect(200);
    forgot(&auth, ALICE).await.expect(200);
    assert_eq!(letterbox.collect(&auth).await.len(), 0);
    assert_eq!(auth.count("select count(*) from account_mails").await, 0);
}

#[tokio::test]
async fn every_token_that_is_not_good_is_refused_alike() {
    let (auth, letterbox, id) = with_alice().await;
    let mut seen = vec![reset(&auth, "never made").await.body];
    let ask = async || {
        forgot(&auth, ALICE).await.expect(200);
        letterbox.token(&auth).await
    };

    let expired = ask().await;
    auth.advance(Duration::minutes(61));
    seen.push(reset(&auth, &expired).await.body);

    let moved = ask().await;
    let path = format!("/admin/users/{id}");
    let admin = auth.admin();
    let body = json!({"email": "alicia@desk.test"});
    admin.patch(&path, body).await.expect(200);
    seen.push(reset(&auth, &moved).await.body);
    let verification = letterbox.token(&auth).await;
    seen.push(reset(&auth, &verification).await.body);
    let body = json!({"email": ALICE});
    admin.patch(&path, body).await.expect(200);
    letterbox.collect(&auth).await;

    auth.advance(Duration::minutes(61));
    let disabled = ask().await;
    let body = json!({"is_active": false});
    admin.patch(&path, body).await.expect(200);
    seen.push(reset(&auth, &disabled).await.body);
    assert_eq!(seen.len(), 5);
    assert!(seen.iter().all(|body| *body == seen[0]), "{seen:?}");
    auth.try_login(ALICE, NEW).await.expect(401);
}

#[tokio::test]
async fn of_two_resets_with_a_token_at_once_one_wins() {
    let (auth, letterbox, _) = with_alice().await;
    forgot(&auth, ALICE).await.expect(200);
    let token = letterbox.token(&auth).await;
    let answers = futures::future::join_all((0..6).map(|_| reset(&auth, &token))).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    let lost = answers.iter().filter(|answer| answer.status == 422).count();
    assert_eq!((won, lost), (1, 5));
}

#[tokio::test]
async fn another_password_voids_what_was_mailed() {
    let (auth, letterbox, _) = with_alice().await;
    forgot(&auth, ALICE).await.expect(200);
    forgot(&auth, ALICE).await.expect(200);
    let mails = letterbox.collect(&auth).await;
    let [first, second] = [0, 1].map(|at| token_in(&mails[at]));
    reset(&auth, &second).await.expect(200);
    assert_eq!(bad_fields(reset(&auth, &first).await), ["token"]);

    forgot(&auth, ALICE).await.expect(200);
    let third = letterbox.token(&auth).await;
    let holder = token_of(&auth.try_login(ALICE, NEW).await.expect(200));
    let body = json!({"password": PASSWORD, "password_confirmation": PASSWORD});
    auth.as_holder(&holder)
        .put("/auth/profile", body)
        .await
        .expect(200);
    assert_eq!(bad_fields(reset(&auth, &third).await), ["token"]);
}

#[tokio::test]
async fn an_account_gets_so_many_mails_an_hour_and_the_answer_stays() {
    let auth = Auth::with_limits(Limits {
        account_mails_per_hour: 3,
        ..ROOMY
    })
    .await;
    let letterbox = Letterbox::open(&auth).await;
    auth.person(ALICE, Role::Agent).await;
    for _ in 0..5 {
        forgot(&auth, ALICE).await.expect(200);
    }
    assert_eq!(letterbox.collect(&auth).await.len(), 3);
    auth.advance(Duration::minutes(61));
    forgot(&auth, ALICE).await.expect(200);
    assert_eq!(letterbox.collect(&auth).await.len(), 1);
}

#[tokio::test]
async fn an_address_asks_so_often_an_hour() {
    let auth = Auth::with_limits(Limits {
        forgotten_passwords_per_hour: 2,
        ..ROOMY
    })
    .await;
    for email in [ALICE, "nobody@desk.test"] {
        forgot(&auth, email).await.expect(200);
    }
    let refused = forgot(&auth, ALICE).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect(429);
    // Registrations are counted by themselves.
    register(&auth, "tunde@mail.test").await;
}

#[tokio::test]
async fn a_mail_that_the_notifier_does_not_take_comes_again_while_its_time_lasts() {
    let (auth, letterbox, _) = with_alice().await;
    letterbox.close(true);
    forgot(&auth, ALICE).await.expect(200);
    assert_eq!(letterbox.collect(&auth).await.len(), 0);
    letterbox.close(false);
    assert_eq!(letterbox.collect(&auth).await.len(), 0, "not due yet");
    auth.advance(Duration::seconds(11));
    let token = letterbox.token(&auth).await;
    reset(&auth, &token).await.expect(200);

    letterbox.close(true);
    forgot(&auth, ALICE).await.expect(200);
    letterbox.collect(&auth).await;
    letterbox.close(false);
    auth.advance(Duration::hours(2));
    assert_eq!(letterbox.collect(&auth).await.len(), 0, "over");
    assert_eq!(auth.count("select count(*) from account_mails").await, 0);
}

#[tokio::test]
async fn what_was_taken_unnoticed_is_still_good_after_the_next_try() {
    let (auth, letterbox, _) = with_alice().await;
    forgot(&auth, ALICE).await.expect(200);
    let at_first = letterbox.collect(&auth).await;
    // As if the answer had been lost: the mail is due again under the same id.
    let again = format!(
        "insert into account_mails (id, kind, email, requested_at, due_at)
         values ('{}', 'reset', '{ALICE}', now(), now())",
        at_first[0]["id"].as_str().unwrap()
    );
    auth.sql(&again).await;
    auth.advance(Duration::seconds(1));
    let next = letterbox.collect(&auth).await;
    assert_eq!(next[0]["id"], at_first[0]["id"]);
    reset(&auth, &token_in(&at_first[0])).await.expect(200);
}

#[tokio::test]
async fn a_registered_address_is_verified_by_its_own_account_alone() {
    let auth = Auth::start().await;
    let letterbox = Letterbox::open(&auth).await;
    let (tunde, holder) = register(&auth, "tunde@mail.test").await;
    let mails = letterbox.collect(&auth).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["kind"], "verify");
    let token = token_in(&mails[0]);
    let (_, stranger) = register(&auth, "stranger@mail.test").await;
    letterbox.collect(&auth).await;

    let anonymous = auth.desk.anonymous();
    let body = json!({"token": token});
    anonymous.post("/auth/verify-email", body).await.expect(401);
    let foreign = verify(&auth, &stranger, &token).await;
    let unknown = verify(&auth, &holder, "never made").await;
    assert_eq!(foreign.body, unknown.body);
    assert_eq!(bad_fields(foreign), ["token"]);
    assert_eq!(verified_at(&auth, tunde).await, Value::Null);

    verify(&auth, &holder, &token).await.expect(200);
    assert!(verified_at(&auth, tunde).await.is_string());
    assert_eq!(auth.said(tunde).await, ["user.created", "user.verified"]);
    let (.., state) = &auth.events(tunde).await[1];
    assert!(state["email_verified_at"].is_string());
    assert_eq!(bad_fields(verify(&auth, &holder, &token).await), ["token"]);
}

#[tokio::test]
async fn a_changed_address_has_to_be_verified_anew() {
    let (auth, letterbox, id) = with_alice().await;
    let body = json!({"email": "alicia@desk.test"});
    let path = format!("/admin/users/{id}");
    auth.admin().patch(&path, body).await.expect(200);
    assert_eq!(verified_at(&auth, id).await, Value::Null);
    let mails = letterbox.collect(&auth).await;
    assert_eq!(mails[0]["to"]["email"], "alicia@desk.test");
    let holder = auth.login("alicia@desk.test").await;
    verify(&auth, &holder, &token_in(&mails[0]))
        .await
        .expect(200);
    assert!(verified_at(&auth, id).await.is_string());
}

#[tokio::test]
async fn no_token_is_stored_and_what_is_over_is_swept() {
    let (auth, letterbox, _) = with_alice().await;
    forgot(&auth, ALICE).await.expect(200);
    let token = letterbox.token(&auth).await;
    let stored = format!("select count(*) from account_tokens t where t::text like '%{token}%'");
    assert_eq!(auth.count(&stored).await, 0);
    assert_eq!(auth.count("select count(*) from account_mails").await, 0);
    let tokens = "select count(*) from account_tokens";
    auth.advance(Duration::minutes(59));
    auth::sweep::once(&auth.app).await.unwrap();
    assert_eq!(auth.count(tokens).await, 1);
    auth.advance(Duration::minutes(2));
    auth::sweep::once(&auth.app).await.unwrap();
    assert_eq!(auth.count(tokens).await, 0);
}

#[tokio::test]
async fn malformed_requests_name_their_fields() {
    let auth = Auth::start().await;
    let visitor = auth.desk.anonymous();
    for (path, body, fields) in [
        ("/auth/forgot-password", json!({}), vec!["email"]),
        ("/auth/forgot-password", json!({"email": 5}), vec!["email"]),
        ("/auth/reset-password", json!({}), vec!["password", "token"]),
        (
            "/auth/reset-password",
            json!({"token": "x".repeat(256), "password": "short", "password_confirmation": "other"}),
            vec!["password", "password_confirmation", "token"],
        ),
    ] {
        assert_eq!(bad_fields(visitor.post(path, body).await), fields, "{path}");
    }
    let (_, holder) = register(&auth, "tunde@mail.test").await;
    assert_eq!(bad_fields(verify(&auth, &holder, " ").await), ["token"]);
}
