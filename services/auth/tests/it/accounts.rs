//! `GET /internal/users/{id}`.

use desk_identity::Role;
use desk_replica::UserRecord;
use serde_json::json;

use crate::desk::Auth;

#[tokio::test]
async fn a_service_is_told_of_an_account_with_its_sequence() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    auth.admin()
        .put(&format!("/admin/users/{id}"), json!({"name": "Alice"}))
        .await
        .expect(200);
    let path = format!("/internal/users/{id}");
    let answer = auth.desk.service("ticket").get(&path).await.expect(200);
    let record: UserRecord = serde_json::from_value(answer).unwrap();
    assert_eq!((record.user.name.as_str(), record.sequence), ("Alice", 2));
    assert!(record.user.is_active && record.user.email_verified_at.is_some());
}

#[tokio::test]
async fn a_service_is_told_that_an_account_is_deleted() {
    let auth = Auth::start().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    auth.admin()
        .delete(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    let ticket = auth.desk.service("ticket");
    let answer = ticket
        .get(&format!("/internal/users/{id}"))
        .await
        .expect(200);
    assert_eq!(
        (&answer["user"]["deleted"], &answer["sequence"]),
        (&json!(true), &json!(2))
    );
    ticket.get("/internal/users/404404").await.expect(404);
}
