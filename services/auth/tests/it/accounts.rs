//! `GET /internal/users` and `GET /internal/users/{id}`.

use desk_events::{StatePage, UserState};
use desk_identity::Role;
use desk_replica::UserRecord;
use serde_json::{Value, json};

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

#[tokio::test]
async fn every_account_is_told_as_its_last_event_told_it() {
    let auth = Auth::start().await;
    let gone = auth.person("alice@desk.test", Role::Agent).await;
    let renamed = auth.person("bob@desk.test", Role::Customer).await;
    let admin = auth.admin();
    let path = |id: i64| format!("/admin/users/{id}");
    admin.delete(&path(gone)).await.expect(200);
    let name = json!({"name": "Robert"});
    admin.put(&path(renamed), name).await.expect(200);

    let service = auth.desk.service("reporting");
    let answer = service.get("/internal/users").await.expect(200);
    let page: StatePage<UserState> = serde_json::from_value(answer).unwrap();
    assert_eq!(page.next, None);
    let told = |id| page.states.iter().find(|told| told.id == id).unwrap();
    assert!(told(gone).state.deleted);
    assert_eq!(told(renamed).state.name, "Robert");
    for id in [gone, renamed] {
        let (payload, sequence): (Value, i64) = sqlx::query_as(
            "select payload, sequence from outbox
             where aggregate_kind = 'user' and aggregate_id = $1 order by sequence desc limit 1",
        )
        .bind(id)
        .fetch_one(&auth.db)
        .await
        .unwrap();
        let said: UserState = serde_json::from_value(payload).unwrap();
        assert_eq!((&told(id).state, told(id).sequence), (&said, sequence));
    }

    let rest = format!("/internal/users?after={}", page.states[0].id);
    let answer = service.get(&rest).await.expect(200);
    let rest: StatePage<UserState> = serde_json::from_value(answer).unwrap();
    assert_eq!(rest.states, page.states[1..]);
    let bad = service.get("/internal/users?after=x").await;
    assert!(bad.status.is_client_error(), "{}", bad.status);
}
