//! Erasing a person: nothing personal is left here or on the stream.

use desk_identity::Role;
use desk_testkit::{eventually, remains};
use serde_json::json;

use crate::{
    desk::{Auth, PASSWORD, id_of},
    requesters::{listening, publish, requester},
};

/// What must be found nowhere afterwards.
const PERSONAL: [&str; 5] = [
    "Zebulon",
    "zebulon-one@canary.test",
    "zebulon-two@canary.test",
    "+999-canary",
    "Canary Department",
];

/// An account that left traces wherever an account can.
async fn zebulon(auth: &Auth) -> i64 {
    let body = json!({
        "name": "Zebulon Canary", "email": PERSONAL[1], "password": PASSWORD, "role": "agent",
        "phone": PERSONAL[3], "department": PERSONAL[4],
    });
    let id = id_of(&auth.admin().post("/admin/users", body).await.expect(201));
    let path = format!("/admin/users/{id}");
    let update = json!({"name": "Zebulon C.", "email": PERSONAL[2]});
    auth.admin().put(&path, update).await.expect(200);
    for email in [PERSONAL[1], PERSONAL[2]] {
        let forgot = json!({"email": email});
        let visitor = auth.desk.anonymous();
        visitor
            .post("/auth/forgot-password", forgot)
            .await
            .expect(200);
    }
    auth.login(PERSONAL[2]).await;
    sqlx::query(
        "insert into dead_letters (consumer, subject, aggregate_kind, aggregate_id, sequence, error,
                                   tries, envelope)
         values ('auth', 'requester.added', 'requester', 5, 1, 'e', 5, convert_to($1, 'UTF8'))",
    )
    .bind(json!({"payload": {"email": PERSONAL[2]}}).to_string())
    .execute(&auth.db)
    .await
    .unwrap();
    id
}

#[tokio::test]
async fn an_erased_person_is_found_nowhere() {
    let auth = listening().await;
    let id = zebulon(&auth).await;
    let token = auth.login(PERSONAL[2]).await;
    eventually(async || auth.count("select count(*) from outbox_pending").await == 0).await;
    let before = remains::of_database(&auth.db).await;
    let stream = remains::of_stream(&auth.app.bus).await;
    for word in PERSONAL {
        assert!(!remains::found(&before, &[word]).is_empty(), "{word}");
    }
    assert!(!remains::found(&stream, &PERSONAL).is_empty());

    let path = format!("/admin/users/{id}/erase");
    auth.admin().post(&path, json!({})).await.expect(200);
    let left = remains::found(&remains::of_database(&auth.db).await, &PERSONAL);
    assert_eq!(left, Vec::<String>::new());
    eventually(async || {
        let stream = remains::of_stream(&auth.app.bus).await;
        remains::found(&stream, &PERSONAL).is_empty()
            && auth.count("select count(*) from stream_erasures").await == 0
            && auth.count("select count(*) from outbox_pending").await == 0
    })
    .await;
    let stream = remains::of_stream(&auth.app.bus).await;
    assert!(!remains::found(&stream, &["user.erased"]).is_empty());

    assert!(auth.is_revoked(&token).await);
    auth.present("/auth/refresh", &token).await.expect(401);
    auth.try_login(PERSONAL[2], PASSWORD).await.expect(401);
    auth.admin()
        .get(&format!("/admin/users/{id}"))
        .await
        .expect(404);
    let (kind, sequence, payload) = auth.events(id).await.pop().unwrap();
    assert_eq!((kind.as_str(), sequence), ("user.erased", 3));
    assert_eq!(payload["email"], format!("erased-{id}@erased.invalid"));
    assert_eq!(payload["deleted"], true);
    let noted = format!(
        "select count(*) from audit where action = 'user.erased' and target_id = {id}
         and actor_id = 900001 and details -> 'changes' -> 0 ->> 'field' = 'erased'"
    );
    assert_eq!(auth.count(&noted).await, 1);

    // Again nothing happens; the address is free for somebody else.
    auth.admin().post(&path, json!({})).await.expect(200);
    assert_eq!(auth.said(id).await.len(), 3);
    auth.person(PERSONAL[2], Role::Customer).await;
}

#[tokio::test]
async fn who_may_be_deleted_may_be_erased_deleted_or_not() {
    let auth = Auth::start().await;
    let erase = async |by: desk_testkit::Client, id: i64| {
        let path = format!("/admin/users/{id}/erase");
        by.post(&path, json!({})).await.status.as_u16()
    };
    let admin = auth.person("admin@desk.test", Role::Admin).await;
    let root = auth.person("root@desk.test", Role::SuperAdmin).await;
    assert_eq!(erase(auth.desk.user(admin, Role::Admin), admin).await, 422);
    assert_eq!(erase(auth.admin(), root).await, 403);
    assert_eq!(erase(auth.super_admin(), root).await, 422, "the last one");
    assert_eq!(erase(auth.admin(), 404_404).await, 404);
    let gone = format!("/admin/users/{admin}");
    auth.super_admin().delete(&gone).await.expect(200);
    assert_eq!(erase(auth.admin(), admin).await, 200);
    assert_eq!(auth.said(admin).await.last().unwrap(), "user.erased");
    auth.person("root2@desk.test", Role::SuperAdmin).await;
    assert_eq!(erase(auth.super_admin(), root).await, 200);
}

#[tokio::test]
async fn an_erased_requester_gets_no_account() {
    let auth = listening().await;
    publish(
        &auth,
        &[
            requester(1, "erased-r1@erased.invalid"),
            requester(2, "tunde@mail.test"),
        ],
    )
    .await;
    let made = "select count(*) from users where email = 'tunde@mail.test'";
    eventually(async || auth.count(made).await == 1).await;
    assert_eq!(auth.count("select count(*) from users").await, 1);
    assert_eq!(auth.count("select count(*) from heard_requesters").await, 2);
}

#[tokio::test]
async fn nobody_registers_an_address_that_stands_for_an_erased_one() {
    let auth = Auth::start().await;
    let body = json!({
        "name": "X", "email": "erased-1@erased.invalid", "password": PASSWORD,
        "password_confirmation": PASSWORD,
    });
    let answer = auth.desk.anonymous().post("/auth/register", body).await;
    assert!(answer.expect(422)["details"]["email"].is_array());
}
