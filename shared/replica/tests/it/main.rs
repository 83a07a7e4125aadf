//! The copies converge whatever order events come in, and a miss is answered by the owner.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use desk_events::{
    Aggregate, AggregateKind, Event, Fact, MembershipState, ProjectState, Role, UserState,
};
use desk_http::client::Peer;
use desk_replica::{MembershipRecord, ProjectRecord, Replica, UserRecord};
use desk_testkit::Keys;
use sqlx::PgPool;
use uuid::Uuid;

fn event(kind: AggregateKind, id: i64, sequence: i64, fact: Fact) -> Event {
    Event {
        id: Uuid::now_v7(),
        aggregate: Aggregate { kind, id },
        sequence,
        occurred_at: Keys::new().clock.now(),
        traceparent: None,
        request_id: None,
        fact,
    }
}

fn user(name: &str, deleted: bool) -> UserState {
    UserState {
        id: 7,
        name: name.into(),
        email: "ada@example.com".into(),
        role: Role::Agent,
        is_active: !deleted,
        email_verified_at: None,
        deleted,
    }
}

fn project() -> ProjectState {
    ProjectState {
        id: 3,
        name: "NaijaHomes".into(),
        slug: "naijahomes".into(),
        prefix: "NAIJ".into(),
        is_active: true,
        deleted: false,
    }
}

fn place(is_member: bool) -> MembershipState {
    MembershipState {
        project_id: 3,
        user_id: 7,
        is_lead: false,
        is_member,
    }
}

async fn database() -> PgPool {
    desk_testkit::database("replica", &[&desk_replica::MIGRATOR]).await
}

/// Plays auth and project, counting how often it is asked.
async fn owners(asked: Arc<AtomicUsize>) -> String {
    async fn a_user(State(asked): State<Arc<AtomicUsize>>) -> Json<UserRecord> {
        asked.fetch_add(1, Ordering::Relaxed);
        Json(UserRecord {
            user: user("Ada", false),
            sequence: 5,
        })
    }
    async fn a_project(State(asked): State<Arc<AtomicUsize>>) -> Json<ProjectRecord> {
        asked.fetch_add(1, Ordering::Relaxed);
        let members = vec![MembershipRecord {
            id: None,
            membership: place(true),
            sequence: 2,
        }];
        Json(ProjectRecord {
            project: project(),
            sequence: 4,
            members,
        })
    }
    let router = Router::new()
        .route("/internal/users/7", get(a_user))
        .route("/internal/projects/3", get(a_project))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .with_state(asked);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn replica(pool: &PgPool, base: &str) -> Replica {
    let keys = Keys::new();
    let peer = |name| Peer::new(name, base, keys.issuer("ticket"), keys.clock.clone()).unwrap();
    Replica::new(pool.clone(), peer("auth"), peer("project"))
}

#[tokio::test]
async fn the_highest_sequence_wins_in_any_order() {
    let pool = database().await;
    let mut conn = pool.acquire().await.unwrap();
    let kind = AggregateKind::User;
    let events = [
        event(kind, 7, 3, Fact::UserDeleted(user("Ada L.", true).into())),
        event(kind, 7, 1, Fact::UserCreated(user("Ada", false).into())),
        event(
            kind,
            7,
            2,
            Fact::UserUpdated(user("Ada Lovelace", false).into()),
        ),
    ];
    desk_replica::apply(&mut conn, &events).await.unwrap();
    desk_replica::apply(&mut conn, &events[1..]).await.unwrap();
    let name: String = sqlx::query_scalar!("SELECT name FROM replica_users WHERE deleted")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(name, "Ada L.");
}

#[tokio::test]
async fn a_membership_given_up_is_no_membership() {
    let pool = database().await;
    let replica = replica(&pool, "http://127.0.0.1:9");
    let mut conn = pool.acquire().await.unwrap();
    let kind = AggregateKind::Membership;
    let joined = event(kind, 1, 1, Fact::ProjectMembership(place(true).into()));
    desk_replica::apply(&mut conn, &[joined]).await.unwrap();
    assert!(replica.membership(3, 7).await.unwrap().is_some());
    let left = event(kind, 1, 2, Fact::ProjectMembership(place(false).into()));
    desk_replica::apply(&mut conn, &[left]).await.unwrap();
    let unreachable = replica.membership(3, 7).await.unwrap_err();
    assert_eq!(unreachable.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_miss_asks_the_owner_once() {
    let pool = database().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let replica = replica(&pool, &owners(Arc::clone(&asked)).await);
    for _ in 0..3 {
        assert_eq!(replica.user(7).await.unwrap().unwrap().name, "Ada");
        assert_eq!(
            replica.active_project(3).await.unwrap().unwrap().prefix,
            "NAIJ"
        );
        assert!(replica.membership(3, 7).await.unwrap().is_some());
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert_eq!(replica.user(99).await.unwrap(), None);
    assert_eq!(replica.active_project(99).await.unwrap(), None);
}

#[tokio::test]
async fn whoever_does_not_fit_here_is_asked_for_once_more() {
    let pool = database().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let replica = replica(&pool, &owners(Arc::clone(&asked)).await);
    let mut conn = pool.acquire().await.unwrap();
    let disabled = UserState {
        is_active: false,
        ..user("Ada", false)
    };
    let asleep = ProjectState {
        is_active: false,
        ..project()
    };
    let old = [
        event(
            AggregateKind::User,
            7,
            4,
            Fact::UserUpdated(disabled.into()),
        ),
        event(
            AggregateKind::Project,
            3,
            3,
            Fact::ProjectUpdated(asleep.into()),
        ),
    ];
    desk_replica::apply(&mut conn, &old).await.unwrap();
    for _ in 0..3 {
        let user = replica.fitting_user(7, |user| user.is_active).await;
        assert!(user.unwrap().is_some(), "enabled, says auth");
        assert!(replica.active_project(3).await.unwrap().is_some());
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    let admin = replica
        .fitting_user(7, |user| user.role == Role::Admin)
        .await;
    assert_eq!(admin.unwrap(), None, "auth says so, too");
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_late_event_does_not_undo_a_newer_answer() {
    let pool = database().await;
    let replica = replica(&pool, &owners(Arc::default()).await);
    replica.user(7).await.unwrap();
    let mut conn = pool.acquire().await.unwrap();
    let late = event(
        AggregateKind::User,
        7,
        4,
        Fact::UserCreated(user("Old", false).into()),
    );
    desk_replica::apply(&mut conn, &[late]).await.unwrap();
    assert_eq!(replica.user(7).await.unwrap().unwrap().name, "Ada");
}

/// Ids and sequences that the reconciler is told.
async fn known(pool: &PgPool, kind: AggregateKind) -> Vec<(i64, i64)> {
    let mut conn = pool.acquire().await.unwrap();
    let known = desk_replica::known(&mut conn, kind, &[1, 3, 7]).await;
    let known = known.unwrap().into_iter();
    known.map(|known| (known.id, known.sequence)).collect()
}

#[tokio::test]
async fn the_reconciler_is_told_how_far_the_copies_are() {
    let pool = database().await;
    let mut conn = pool.acquire().await.unwrap();
    let events = [
        event(
            AggregateKind::User,
            7,
            4,
            Fact::UserCreated(user("Ada", false).into()),
        ),
        event(
            AggregateKind::Project,
            3,
            2,
            Fact::ProjectCreated(project().into()),
        ),
        event(
            AggregateKind::Membership,
            1,
            1,
            Fact::ProjectMembership(place(true).into()),
        ),
    ];
    desk_replica::apply(&mut conn, &events).await.unwrap();
    assert_eq!(known(&pool, AggregateKind::User).await, [(7, 4)]);
    assert_eq!(known(&pool, AggregateKind::Project).await, [(3, 2)]);
    assert_eq!(known(&pool, AggregateKind::Membership).await, [(1, 1)]);
    assert_eq!(known(&pool, AggregateKind::Ticket).await, []);
}

#[tokio::test]
async fn a_membership_learns_its_id_from_an_older_event() {
    let pool = database().await;
    let replica = replica(&pool, &owners(Arc::default()).await);
    replica.membership(3, 7).await.unwrap().unwrap();
    assert_eq!(known(&pool, AggregateKind::Membership).await, []);
    let mut conn = pool.acquire().await.unwrap();
    let kind = AggregateKind::Membership;
    let older = event(kind, 1, 1, Fact::ProjectMembership(place(false).into()));
    desk_replica::apply(&mut conn, &[older]).await.unwrap();
    assert_eq!(known(&pool, kind).await, [(1, 2)]);
    assert!(
        replica.membership(3, 7).await.unwrap().is_some(),
        "unchanged otherwise"
    );
}
