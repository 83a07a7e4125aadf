//! Customer accounts of the external API's requesters, over the real bus.

use desk_bus::outbox;
use desk_events::{
    Aggregate, AggregateKind, Fact, MembershipState, NewEvent, ProjectState, RequesterState,
};
use desk_identity::Role;
use desk_telemetry::TraceContext;
use desk_testkit::eventually;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::desk::{Auth, PASSWORD};

pub fn requester(id: i64, email: &str) -> NewEvent {
    let state = RequesterState {
        id,
        name: "Tunde".into(),
        email: email.into(),
        phone: Some("1".into()),
    };
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Requester,
            id,
        },
        sequence: 1,
        occurred_at: desk_identity::Clock::system().now(),
        fact: Fact::RequesterAdded(Box::new(state)),
    }
}

/// Auth with its consumer running; the relay takes others' events from its own outbox too.
pub async fn listening() -> Auth {
    let auth = Auth::start().await;
    auth::start_consumers(&auth.app, &CancellationToken::new());
    auth
}

pub async fn publish(auth: &Auth, events: &[NewEvent]) {
    let mut conn = auth.db.acquire().await.unwrap();
    outbox::append(&mut conn, events).await.unwrap();
    auth.app.bus.wake();
}

async fn accounts(auth: &Auth, email: &str) -> i64 {
    auth.count(&format!(
        "select count(*) from users where email = '{email}'"
    ))
    .await
}

#[tokio::test]
async fn a_requester_gets_a_customer_account_without_password_unverified() {
    let auth = listening().await;
    let context = TraceContext {
        request_id: Some("req-1".into()),
        traceparent: None,
    };
    desk_telemetry::scope(context, publish(&auth, &[requester(1, "tunde@mail.test")])).await;
    eventually(|| async { accounts(&auth, "tunde@mail.test").await == 1 }).await;

    let page = auth.admin().get("/admin/users").await.expect(200);
    let user = &page["data"][0];
    assert_eq!(
        (&user["role"], &user["name"]),
        (&json!("customer"), &json!("Tunde"))
    );
    assert_eq!(
        (&user["email_verified_at"], &user["phone"]),
        (&json!(null), &json!("1"))
    );
    auth.try_login("tunde@mail.test", PASSWORD)
        .await
        .expect(401);

    let id = user["id"].as_i64().unwrap();
    let events = auth.events(id).await;
    assert_eq!(
        (events[0].0.as_str(), &events[0].2["email"]),
        ("user.created", &json!("tunde@mail.test"))
    );
    let traced = format!(
        "select count(*) from outbox where aggregate_kind = 'user' and aggregate_id = {id} and request_id = 'req-1'"
    );
    assert_eq!(auth.count(&traced).await, 1);
    let pending = "select count(*) from outbox_pending";
    eventually(|| async { auth.count(pending).await == 0 }).await;
}

#[tokio::test]
async fn the_same_address_twice_in_other_case_at_once_is_one_account() {
    let auth = listening().await;
    let events: Vec<NewEvent> = [
        "x@mail.test",
        "X@Mail.test",
        "y@mail.test",
        "x@MAIL.TEST",
        "Y@mail.test",
    ]
    .iter()
    .zip(1..)
    .map(|(email, id)| requester(id, email))
    .collect();
    let register = json!({"name": "x", "email": "X@mail.TEST", "password": PASSWORD, "password_confirmation": PASSWORD});
    let visitor = auth.desk.anonymous();
    let ((), registered) = tokio::join!(
        publish(&auth, &events),
        visitor.post("/auth/register", register)
    );
    assert!(
        [201, 422].contains(&registered.status.as_u16()),
        "{}",
        registered.body
    );
    publish(&auth, &[requester(9, "last@mail.test")]).await;
    eventually(|| async { accounts(&auth, "last@mail.test").await == 1 }).await;
    for email in ["x@mail.test", "y@mail.test"] {
        assert_eq!(accounts(&auth, email).await, 1, "{email}");
    }
    assert_eq!(auth.count("select count(*) from users").await, 3);
    let created = "select count(*) from outbox where type = 'user.created'";
    assert_eq!(auth.count(created).await, 3);
    assert_eq!(auth.count("select count(*) from dead_letters").await, 0);
}

#[tokio::test]
async fn an_existing_account_is_never_changed() {
    let auth = listening().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    publish(
        &auth,
        &[
            requester(1, "Alice@Desk.test"),
            requester(2, "last@mail.test"),
        ],
    )
    .await;
    eventually(|| async { accounts(&auth, "last@mail.test").await == 1 }).await;
    let user = auth
        .admin()
        .get(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    assert_eq!(
        (&user["user"]["name"], &user["user"]["role"]),
        (&json!("Some One"), &json!("agent"))
    );
    assert_eq!(user["user"]["phone"], json!(null));
    assert_eq!(auth.said(id).await, ["user.created"]);
}

#[tokio::test]
async fn a_deleted_accounts_address_gets_a_new_account() {
    let auth = listening().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    auth.admin()
        .delete(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    publish(&auth, &[requester(1, "alice@desk.test")]).await;
    eventually(|| async { accounts(&auth, "alice@desk.test").await == 2 }).await;
}

#[tokio::test]
async fn an_event_that_comes_again_brings_no_deleted_account_back() {
    let auth = listening().await;
    let events = [requester(1, "x@mail.test"), requester(1, "x@mail.test")];
    publish(&auth, &events).await;
    eventually(|| async { accounts(&auth, "x@mail.test").await == 1 }).await;
    let id = auth.count("select id from users").await;
    auth.admin()
        .delete(&format!("/admin/users/{id}"))
        .await
        .expect(200);
    publish(&auth, &events).await;
    publish(&auth, &[requester(2, "last@mail.test")]).await;
    eventually(|| async { accounts(&auth, "last@mail.test").await == 1 }).await;
    assert_eq!(accounts(&auth, "x@mail.test").await, 1);
    assert_eq!(
        auth.count("select count(*) from outbox where type = 'user.created'")
            .await,
        2
    );
}

#[tokio::test]
async fn an_agents_new_project_shows_in_me() {
    let auth = listening().await;
    let id = auth.person("alice@desk.test", Role::Agent).await;
    let project = ProjectState {
        id: 5,
        name: "NaijaHomes".into(),
        slug: "naijahomes".into(),
        prefix: "NAIJ".into(),
        is_active: true,
        deleted: false,
    };
    let place = MembershipState {
        project_id: 5,
        user_id: id,
        is_lead: false,
        is_member: true,
    };
    let event = |kind, fact| NewEvent {
        aggregate: Aggregate { kind, id: 5 },
        sequence: 1,
        occurred_at: auth.clock.now(),
        fact,
    };
    publish(
        &auth,
        &[
            event(
                AggregateKind::Project,
                Fact::ProjectCreated(Box::new(project)),
            ),
            event(
                AggregateKind::Membership,
                Fact::ProjectMembership(Box::new(place)),
            ),
        ],
    )
    .await;
    let alice = auth.desk.user(id, Role::Agent);
    eventually(|| async {
        let me = alice.get("/auth/me").await.expect(200);
        me["user"]["projects"] == json!([{"id": 5, "name": "NaijaHomes", "slug": "naijahomes"}])
    })
    .await;
}
