//! `POST /auth/register`.

use desk_identity::Role;
use desk_testkit::Answer;
use serde_json::{Value, json};

use crate::desk::{Auth, PASSWORD, bad_fields, fields, id_of, token_of};

fn form(email: &str) -> Value {
    json!({"name": "Tunde", "email": email, "password": PASSWORD, "password_confirmation": PASSWORD, "phone": "+234 1"})
}

async fn register(auth: &Auth, email: &str) -> Answer {
    auth.desk
        .anonymous()
        .post("/auth/register", form(email))
        .await
}

#[tokio::test]
async fn a_registration_makes_a_customer_and_signs_in() {
    let auth = Auth::start().await;
    let answer = register(&auth, "Tunde@Mail.test").await.expect(201);
    assert_eq!(
        fields(&answer),
        ["access_token", "expires_in", "token_type", "user"]
    );
    assert_eq!(answer["user"]["role"], "customer");
    assert_eq!(answer["user"]["email"], "tunde@mail.test");
    let me = auth
        .as_holder(&token_of(&answer))
        .get("/auth/me")
        .await
        .expect(200);
    assert_eq!(me["user"]["email_verified_at"], json!(null));
    assert_eq!(me["user"]["phone"], "+234 1");
    assert!(me["user"]["last_login_at"].is_string());
    auth.login("tunde@mail.test").await;
}

#[tokio::test]
async fn a_registration_is_told_with_its_address_for_ticket_to_link() {
    let auth = Auth::start().await;
    let id = id_of(&register(&auth, "tunde@mail.test").await.expect(201));
    let events = auth.events(id).await;
    assert_eq!(events.len(), 1);
    let (kind, sequence, user) = &events[0];
    assert_eq!((kind.as_str(), *sequence), ("user.created", 1));
    assert_eq!(user["email"], "tunde@mail.test");
    assert_eq!(user["email_verified_at"], json!(null));
    assert!(!user.to_string().contains(PASSWORD) && user.get("phone").is_none());
}

#[tokio::test]
async fn whoever_registers_is_a_customer_whatever_they_ask_for() {
    let auth = Auth::start().await;
    let mut body = form("tunde@mail.test");
    body["role"] = json!("admin");
    body["is_active"] = json!(false);
    let answer = auth
        .desk
        .anonymous()
        .post("/auth/register", body)
        .await
        .expect(201);
    assert_eq!(answer["user"]["role"], "customer");
}

#[tokio::test]
async fn an_address_registers_once_in_any_case() {
    let auth = Auth::start().await;
    auth.person("alice@desk.test", Role::Agent).await;
    assert_eq!(
        bad_fields(register(&auth, "ALICE@desk.test").await),
        ["email"]
    );
}

#[tokio::test]
async fn of_two_registrations_of_an_address_at_once_one_wins() {
    let auth = Auth::start().await;
    let (one, two) = tokio::join!(
        register(&auth, "t@mail.test"),
        register(&auth, "T@MAIL.test")
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422]);
    assert_eq!(auth.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn an_account_that_the_external_api_made_cannot_be_taken_over() {
    let auth = Auth::start().await;
    auth.sql(
        "insert into users (name, email, role, created_at, updated_at)
         values ('Tunde', 'tunde@mail.test', 'customer', now(), now())",
    )
    .await;
    assert_eq!(
        bad_fields(register(&auth, "Tunde@mail.test").await),
        ["email"]
    );
    auth.try_login("tunde@mail.test", PASSWORD)
        .await
        .expect(401);
}

#[tokio::test]
async fn the_address_of_a_deleted_account_is_free_again() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    auth.admin()
        .delete(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    let again = id_of(&register(&auth, "alice@desk.test").await.expect(201));
    assert_ne!(again, id);
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let auth = Auth::start().await;
    let visitor = auth.desk.anonymous();
    let empty = visitor.post("/auth/register", json!({})).await;
    assert_eq!(bad_fields(empty), ["email", "name", "password"]);
    let bad = json!({"name": "x".repeat(256), "email": "no address", "password": "short", "password_confirmation": "other", "phone": "1".repeat(51)});
    let answer = visitor.post("/auth/register", bad).await;
    assert_eq!(
        bad_fields(answer),
        [
            "email",
            "name",
            "password",
            "password_confirmation",
            "phone"
        ]
    );
    let unconfirmed = json!({"name": "x", "email": "a@b.co", "password": PASSWORD});
    let answer = visitor.post("/auth/register", unconfirmed).await;
    assert_eq!(bad_fields(answer), ["password_confirmation"]);
    assert_eq!(auth.count("select count(*) from users").await, 0);
}

#[tokio::test]
async fn a_password_is_taken_as_typed() {
    let auth = Auth::start().await;
    let mut body = form("t@mail.test");
    for field in ["password", "password_confirmation"] {
        body[field] = json!("  blanks around  ");
    }
    auth.desk
        .anonymous()
        .post("/auth/register", body)
        .await
        .expect(201);
    auth.try_login("t@mail.test", "blanks around")
        .await
        .expect(401);
    auth.try_login("t@mail.test", "  blanks around  ")
        .await
        .expect(200);
}
