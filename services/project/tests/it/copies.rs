//! Copies of others' facts: accounts, ticket counts, SLA policies.

use desk_bus::outbox;
use desk_events::{
    Aggregate, AggregateKind, Fact, NewEvent, Priority, ProjectCount, Role, SlaPolicyState,
    UserState,
};
use serde_json::{Value, json};

use crate::world::{World, account};

fn event(kind: AggregateKind, id: i64, sequence: i64, fact: Fact, world: &World) -> NewEvent {
    NewEvent {
        aggregate: Aggregate { kind, id },
        sequence,
        occurred_at: world.clock.now(),
        fact,
    }
}

fn counted(world: &World, project_id: i64, sequence: i64, tickets: i64) -> NewEvent {
    let fact = Fact::ProjectCounted(Box::new(ProjectCount {
        project_id,
        tickets,
    }));
    event(
        AggregateKind::ProjectCount,
        project_id,
        sequence,
        fact,
        world,
    )
}

fn policy(project_id: Option<i64>, id: i64, priority: Priority) -> SlaPolicyState {
    SlaPolicyState {
        id,
        project_id,
        name: format!("Policy {id}"),
        priority,
        first_response_minutes: 15,
        resolution_minutes: 120,
        calendar_id: Some(8),
        pause_while_pending: false,
        deleted: false,
    }
}

fn told(world: &World, sequence: i64, policy: SlaPolicyState) -> NewEvent {
    event(
        AggregateKind::SlaPolicy,
        policy.id,
        sequence,
        Fact::ConfigSlaPolicy(Box::new(policy)),
        world,
    )
}

fn user(world: &World, sequence: i64, user: UserState) -> NewEvent {
    event(
        AggregateKind::User,
        user.id,
        sequence,
        Fact::UserUpdated(Box::new(user)),
        world,
    )
}

/// Publishes as the owners would; this service's own relay stands in for theirs.
async fn publish(world: &World, events: &[NewEvent]) {
    let mut tx = world.db.begin().await.unwrap();
    outbox::append(&mut tx, events).await.unwrap();
    tx.commit().await.unwrap();
}

async fn detail(world: &World, id: i64) -> Value {
    world
        .admin()
        .get(&format!("/admin/projects/{id}"))
        .await
        .expect(200)["project"]
        .take()
}

#[tokio::test]
async fn the_latest_ticket_count_is_shown_whatever_the_order() {
    let world = World::start().await;
    let (id, last) = (world.project("A").await, world.project("Last").await);
    let _running = world.start_bus();
    let events = [
        counted(&world, id, 2, 42),
        counted(&world, id, 1, 7),
        counted(&world, id, 2, 43),
        counted(&world, last, 1, 1),
    ];
    publish(&world, &events).await;
    desk_testkit::eventually(|| async { detail(&world, last).await["tickets_count"] == 1 }).await;
    assert_eq!(detail(&world, id).await["tickets_count"], 42);
    let page = world
        .admin()
        .get("/admin/projects?search=a")
        .await
        .expect(200);
    let counts: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["tickets_count"])
        .collect();
    assert_eq!(counts, [1, 42]);
}

#[tokio::test]
async fn a_projects_own_policies_are_shown_by_urgency() {
    let world = World::start().await;
    let (id, other) = (world.project("A").await, world.project("B").await);
    let _running = world.start_bus();
    let gone = SlaPolicyState {
        deleted: true,
        ..policy(Some(id), 3, Priority::High)
    };
    let events = [
        told(&world, 1, policy(Some(id), 1, Priority::Low)),
        told(&world, 1, policy(Some(id), 2, Priority::Critical)),
        told(&world, 2, gone),
        told(&world, 1, policy(Some(id), 3, Priority::High)),
        told(&world, 1, policy(None, 4, Priority::Medium)),
        told(&world, 1, policy(Some(other), 5, Priority::Medium)),
    ];
    publish(&world, &events).await;
    desk_testkit::eventually(|| async {
        detail(&world, other).await["sla_policies"][0]["id"] == 5
    })
    .await;
    let policies = detail(&world, id).await["sla_policies"].take();
    let expected = |id: i64, priority: &str| {
        json!({
            "id": id, "name": format!("Policy {id}"), "priority": priority,
            "first_response_minutes": 15, "resolution_minutes": 120, "calendar_id": 8,
            "pause_while_pending": false,
        })
    };
    assert_eq!(
        policies,
        json!([expected(2, "critical"), expected(1, "low")])
    );
}

#[tokio::test]
async fn what_auth_says_of_an_agent_shows_in_the_lists() {
    let world = World::start().await;
    world.person(3, Role::Agent).await;
    let id = world.project("A").await;
    world.assign(id, 3).await;
    let _running = world.start_bus();
    let renamed = UserState {
        name: "Alice Okafor".to_owned(),
        ..account(3, Role::Agent)
    };
    publish(&world, &[user(&world, 2, renamed.clone())]).await;
    desk_testkit::eventually(|| async {
        detail(&world, id).await["agents"][0]["name"] == "Alice Okafor"
    })
    .await;
    publish(
        &world,
        &[user(
            &world,
            3,
            UserState {
                is_active: false,
                ..renamed
            },
        )],
    )
    .await;
    desk_testkit::eventually(|| async { detail(&world, id).await["agents_count"] == 0 }).await;
}

#[tokio::test]
async fn what_a_copy_lacks_comes_again() {
    let world = World::start().await;
    let _running = world.start_bus();
    let events = [
        counted(&world, 1, 1, 42),
        told(&world, 3, policy(None, 4, Priority::Medium)),
        user(&world, 2, account(3, Role::Agent)),
    ];
    publish(&world, &events).await;
    let copied = async || {
        world.rows("project_ticket_counts").await
            + world.rows("sla_policy_copies").await
            + world.rows("replica_users").await
    };
    desk_testkit::eventually(async || copied().await == 3).await;

    let reconciler = world.reconciler().await;
    let find = async || reconciler.once().await.unwrap().unwrap().total();
    let found = find().await;
    assert_eq!((found.compared, found.missing), (3, 0));
    sqlx::raw_sql("truncate project_ticket_counts, sla_policy_copies, replica_users")
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(find().await.missing, 3);
    desk_testkit::eventually(async || copied().await == 3).await;
    assert_eq!(find().await.missing, 0);
}
