//! A row planted wrong in each table is found, and healed by the reconciler.

use std::iter::once;

use desk_bus::reconcile::Difference;
use desk_events::{
    Aggregate, AggregateKind, CategoryState, Event, Fact, NewEvent, Priority, ProjectState, Role,
    Status, UserState,
};
use desk_testkit::eventually;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

use crate::{
    facts::{FILED, filed, heard, life, said},
    models::{apply, names, rows, sums},
    stack::{Stack, database},
};

/// Wrong rows, as nobody but a bug or a hand would make them.
const PLANTED: &[(&str, &str)] = &[
    (
        "tickets",
        "update tickets set status = 'closed', resolved_at = now() where id = 900",
    ),
    (
        "tickets",
        "update tickets set sequence = 70, priority = 'low' where id = 901",
    ),
    (
        "tickets",
        "update tickets set sequence = 1, category_id = 77 where id = 902",
    ),
    ("tickets", "update tickets set purged = true where id = 903"),
    (
        "tickets",
        "update tickets set reply_count = 41 where id = 904",
    ),
    ("tickets", "delete from tickets where id = 905"),
    (
        "project_days",
        "update project_days set breached = breached + 1",
    ),
    (
        "project_days",
        "update project_days set response_micros = response_micros - 5",
    ),
    ("project_days", "delete from project_days"),
    (
        "project_days",
        "insert into project_days values ('2024-01-01', 3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
    ),
    (
        "resolution_days",
        "insert into resolution_days values ('2024-01-01', 3, 2)",
    ),
    (
        "resolution_days",
        "update resolution_days set resolutions = resolutions + 1",
    ),
    (
        "priority_days",
        "update priority_days set resolution_breached = 9 where priority = 'high'",
    ),
    ("agent_days", "update agent_days set resolution_micros = 1"),
    (
        "agent_days",
        "insert into agent_days values ('2024-01-01', 3, 99, 0, 1, 0)",
    ),
    (
        "category_days",
        "update category_days set tickets = 50 where category_id is null",
    ),
    (
        "category_days",
        "insert into category_days values ('2024-01-01', 3, null, 1)",
    ),
    (
        "replica_users",
        "update replica_users set name = 'Mallory' where id = 5",
    ),
    (
        "replica_users",
        "update replica_users set sequence = 40, email_verified_at = null where id = 6",
    ),
    ("replica_users", "delete from replica_users where id = 8"),
    (
        "replica_users",
        "insert into replica_users (id, name, email, role, is_active, sequence)
         values (900, 'Nobody', 'nobody@example.com', 'agent', true, 1)",
    ),
    (
        "replica_projects",
        "update replica_projects set name = 'LagosHomes'",
    ),
    (
        "replica_projects",
        "update replica_projects set sequence = 1, deleted = true",
    ),
    ("categories", "update categories set name = 'Praise'"),
    (
        "categories",
        "update categories set color = null where id = 2",
    ),
    ("categories", "delete from categories where id = 4"),
];

/// What the reports call agents, projects and categories. More users than the owner tells at once.
fn named() -> impl Iterator<Item = Event> {
    let said = |kind, id, sequence, fact| {
        heard(NewEvent {
            aggregate: Aggregate { kind, id },
            sequence,
            occurred_at: FILED,
            fact,
        })
    };
    let user = move |id| {
        let user = UserState {
            id,
            name: format!("Agent {id}"),
            email: format!("agent{id}@desk.test"),
            role: Role::Agent,
            is_active: true,
            email_verified_at: Some(FILED),
            deleted: false,
        };
        said(
            AggregateKind::User,
            id,
            2,
            Fact::UserUpdated(Box::new(user)),
        )
    };
    let category = move |id| {
        let category = CategoryState {
            id,
            parent_id: None,
            name: format!("Category {id}"),
            color: Some("#EF4444".into()),
            deleted: false,
        };
        let fact = Fact::ConfigCategory(Box::new(category));
        said(AggregateKind::Category, id, 1, fact)
    };
    let project = ProjectState {
        id: 3,
        name: "NaijaHomes".into(),
        slug: "naijahomes".into(),
        prefix: "NAIJ".into(),
        is_active: true,
        deleted: false,
    };
    let fact = Fact::ProjectUpdated(Box::new(project));
    let project = said(AggregateKind::Project, 3, 2, fact);
    (5..=9)
        .map(user)
        .chain([2, 4].map(category))
        .chain(once(project))
}

struct World {
    stack: Stack,
    truth: PgPool,
}

impl World {
    /// With random lives of tickets, and some of which it is known that they count.
    async fn start() -> Self {
        let world = Self {
            stack: Stack::start().await,
            truth: database().await,
        };
        world.stack.consume();
        eventually(|| async { world.stack.bus.is_connected() }).await;
        let mut rng = StdRng::seed_from_u64(11);
        let lives = (1..=20).flat_map(|id| life(id, &mut rng)).map(heard);
        let mut events: Vec<Event> = lives.collect();
        for id in 900..906 {
            let mut ticket = filed(id);
            ticket.category_id = None;
            ticket.priority = Priority::High;
            ticket.assigned_to = Some(5);
            ticket.status = Status::Resolved;
            ticket.resolved_at = Some(ticket.created_at + time::Duration::minutes(id));
            events.push(heard(said(Fact::StatusChanged, ticket, 2)));
        }
        events.extend(named());
        world.stack.owner.knows(&events);
        apply(&world.truth, &events).await;
        apply(&world.stack.db, &events).await;
        world
    }

    async fn differences(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        let reconciler = self.stack.reconciler();
        let tell = |difference: &Difference| found.push(difference.clone());
        let count = reconciler.audit(false, tell).await.unwrap();
        assert_eq!(count, found.len() as u64);
        found
    }

    async fn sql(&self, sql: &str) {
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.stack.db);
        assert!(done.await.unwrap().rows_affected() > 0, "{sql}");
    }

    async fn is_true(&self, case: &str) {
        assert_eq!(self.differences().await, [], "{case}");
        assert_eq!(
            sums(&self.stack.db).await,
            sums(&self.truth).await,
            "{case}"
        );
        assert_eq!(
            rows(&self.stack.db).await,
            rows(&self.truth).await,
            "{case}"
        );
        assert_eq!(
            names(&self.stack.db).await,
            names(&self.truth).await,
            "{case}"
        );
    }
}

#[tokio::test]
async fn a_row_planted_wrong_in_each_table_is_named_and_healed() {
    let world = World::start().await;
    world.is_true("untouched").await;
    for (table, planted) in PLANTED {
        world.sql(planted).await;
        let found = world.differences().await;
        assert!(
            found.iter().any(|found| found.table == *table),
            "{planted}: {found:?}"
        );
        let error = world
            .stack
            .reconciler()
            .verify(false, false)
            .await
            .unwrap_err();
        assert!(error.to_string().ends_with("differences"), "{error}");

        let report = world.stack.reconciler().once().await.unwrap().unwrap();
        assert!(report.failed.is_empty(), "{report}");
        assert!(report.healed > Some(0), "{planted}: {report}");
        world.is_true(planted).await;
    }
}

#[tokio::test]
async fn what_differs_is_told_with_what_it_should_be() {
    let world = World::start().await;
    world
        .sql("update tickets set assigned_to = 6 where id = 900")
        .await;
    let found = world.differences().await;
    let of = |table: &str| found.iter().find(|found| found.table == table).unwrap();
    let ticket = of("tickets");
    assert_eq!(ticket.key["id"], 900);
    assert_eq!(ticket.kept.as_ref().unwrap()["assigned_to"], 6);
    assert_eq!(ticket.expected.as_ref().unwrap()["assigned_to"], 5);
    // Counted from what is kept, the sums differ as well.
    assert_eq!(of("agent_days").key["day"], "2026-03-02");
}

#[tokio::test]
async fn a_wrong_name_is_told_with_what_its_owner_calls_it() {
    let world = World::start().await;
    world
        .sql("update replica_projects set name = 'LagosHomes'")
        .await;
    let found = world.differences().await;
    assert_eq!(
        found,
        [Difference {
            table: "replica_projects",
            key: json!({"id": 3, "fields": ["name"]}),
            kept: Some(json!({"sequence": 2, "name": "LagosHomes"})),
            expected: Some(json!({"sequence": 2, "name": "NaijaHomes"})),
        }]
    );
}

#[tokio::test]
async fn a_wrong_name_of_a_person_is_told_without_the_name() {
    let world = World::start().await;
    world
        .sql("update replica_users set name = 'Mallory' where id = 9")
        .await;
    let found = world.differences().await;
    let sequence = Some(json!({"sequence": 2}));
    assert_eq!(
        found,
        [Difference {
            table: "replica_users",
            key: json!({"id": 9, "fields": ["name"]}),
            kept: sequence.clone(),
            expected: sequence,
        }]
    );
}

#[tokio::test]
async fn a_ticket_that_its_owner_does_not_know_counts_no_more() {
    let world = World::start().await;
    let before = sums(&world.stack.db).await;
    apply(
        &world.stack.db,
        &[heard(said(Fact::TicketCreated, filed(5_000), 1))],
    )
    .await;
    assert_ne!(sums(&world.stack.db).await, before);
    let report = world.stack.reconciler().once().await.unwrap().unwrap();
    assert_eq!(report.healed, Some(1), "{report}");
    assert_eq!(sums(&world.stack.db).await, before);
    assert_eq!(world.differences().await, []);
}

#[tokio::test]
async fn what_was_lost_on_the_way_is_taken_from_the_owner() {
    let world = World::start().await;
    let lost: Vec<Event> = (2_000..2_007)
        .map(|id| heard(said(Fact::TicketCreated, filed(id), 1)))
        .collect();
    world.stack.owner.knows(&lost);
    apply(&world.truth, &lost).await;
    assert_eq!(world.differences().await.len(), 7);
    world.stack.reconciler().verify(true, false).await.unwrap();
    world.is_true("lost").await;
}

#[tokio::test]
async fn what_is_under_way_is_not_wrong() {
    let world = World::start().await;
    let db = &world.stack.db;
    // Of the first page.
    let event = said(Fact::TicketCreated, filed(0), 1);
    let mut lock = db.begin().await.unwrap();
    sqlx::query("lock table tickets in share row exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    world.stack.owner.knows(&[heard(event.clone())]);
    world.stack.say(&[event]).await;
    eventually(|| is_so(db, "select exists (select from pg_locks where not granted)")).await;
    let looked = "select exists (
        select from pg_stat_activity
        where application_name = 'reporting reconciler' and datname = current_database()
          and state = 'idle' and query like '%from tickets where id >%')";
    let (found, ()) = tokio::join!(world.differences(), async {
        eventually(|| is_so(db, looked)).await;
        lock.rollback().await.unwrap();
    });
    assert_eq!(found, []);
    assert_eq!(world.stack.owner.asked()[..2], ["", ""], "looked at twice");
}

async fn is_so(db: &PgPool, question: &'static str) -> bool {
    sqlx::query_scalar(question).fetch_one(db).await.unwrap()
}
