//! Building the read models anew, through the admin's door.

use desk_events::{Event, Fact, Priority, Role, Status, TicketState};
use desk_testkit::{Client, eventually};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;

use crate::{
    facts::{FILED, filed, heard, life, said},
    models::{apply, rows, sums},
    stack::{Stack, database},
};

const PATH: &str = "/admin/reports/rebuild";

struct Desk {
    stack: Stack,
    admin: Client,
    /// Where everything was heard from the start.
    truth: PgPool,
}

impl Desk {
    async fn start() -> Self {
        let stack = Stack::start().await;
        Self {
            admin: stack.desk.user(1, Role::Admin),
            truth: database().await,
            stack,
        }
    }

    /// With random lives of tickets; some ended in a purge.
    async fn with_tickets() -> Self {
        let desk = Self::start().await;
        let mut rng = StdRng::seed_from_u64(5);
        let lives = (1..=20).flat_map(|id| life(id, &mut rng));
        desk.happen(&lives.map(heard).collect::<Vec<_>>()).await;
        desk
    }

    /// Ticket says something, and reporting hears it.
    async fn happen(&self, events: &[Event]) {
        self.stack.owner.knows(events);
        apply(&self.truth, events).await;
        apply(&self.stack.db, events).await;
    }

    async fn progress(&self) -> Value {
        self.admin.get(PATH).await.expect(200)
    }

    async fn reaches(&self, state: &str) {
        eventually(|| async { self.progress().await["state"] == state }).await;
    }

    async fn rebuild(&self) {
        self.admin.post(PATH, Value::Null).await.expect(202);
        self.reaches("done").await;
    }

    async fn is_true(&self) {
        assert_eq!(sums(&self.stack.db).await, sums(&self.truth).await);
        assert_eq!(rows(&self.stack.db).await, rows(&self.truth).await);
    }

    /// All six, over the days of the test's tickets.
    async fn reports(&self) -> Vec<Value> {
        let mut reports = Vec::new();
        for report in [
            "overview",
            "projects",
            "agents",
            "volume",
            "sla",
            "categories",
        ] {
            let path = format!("/reports/{report}?from=2026-03-01&to=2026-03-31");
            reports.push(self.admin.get(&path).await.expect(200));
        }
        reports
    }

    async fn sql(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.stack.db).await.unwrap();
    }
}

fn changed(id: i64, sequence: i64, change: impl FnOnce(&mut TicketState)) -> Event {
    let mut ticket = filed(id);
    change(&mut ticket);
    heard(said(Fact::TicketUpdated, ticket, sequence))
}

#[tokio::test]
async fn figures_are_the_same_before_and_after() {
    let desk = Desk::with_tickets().await;
    assert_eq!(desk.progress().await["state"], "never");
    // Prepared on every connection before the tables change places.
    let before = desk.reports().await;
    assert!(before[0]["total_tickets"].as_i64() > Some(0), "{before:?}");
    desk.rebuild().await;
    assert_eq!(desk.reports().await, before);
    desk.is_true().await;
    let progress = desk.progress().await;
    assert_eq!(progress["done"], progress["total"]);
    assert!(progress["finished_at"].is_string(), "{progress}");

    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from shadow.tickets) + (select count(*) from shadow.agent_days)",
    )
    .fetch_one(&desk.stack.db)
    .await
    .unwrap();
    assert_eq!(left, 0, "what served is emptied");
    desk.happen(&[changed(21, 1, |_| {})]).await;
    desk.rebuild().await;
    desk.is_true().await;
}

#[tokio::test]
async fn read_models_that_lost_everything_are_made_whole_without_the_stream() {
    let desk = Desk::with_tickets().await;
    let before = desk.reports().await;
    desk.sql(
        "truncate tickets, project_days, resolution_days, priority_days, agent_days, category_days",
    )
    .await;
    assert_ne!(desk.reports().await, before);
    desk.rebuild().await;
    assert_eq!(desk.reports().await, before);
    assert_eq!(sums(&desk.stack.db).await, sums(&desk.truth).await);
}

#[tokio::test]
async fn what_happens_meanwhile_shows_at_once_and_stays() {
    let desk = Desk::start().await;
    let tickets = (1..=12).map(|id| changed(id, 1, |_| {}));
    desk.happen(&tickets.collect::<Vec<_>>()).await;
    desk.stack.owner.hold_after(2);
    desk.admin.post(PATH, Value::Null).await.expect(202);
    eventually(|| async { desk.progress().await["done"] == 6 }).await;

    let gone = Some(FILED + Duration::hours(1));
    let mut purged = filed(3);
    purged.deleted_at = gone;
    desk.happen(&[
        // Of pages that were read, and of pages that were not.
        changed(1, 2, |t| t.status = Status::Closed),
        changed(2, 2, |t| t.deleted_at = gone),
        heard(said(Fact::TicketPurged, purged.clone(), 2)),
        changed(10, 2, |t| t.priority = Priority::Critical),
        changed(11, 2, |t| t.deleted_at = gone),
        heard(said(
            Fact::TicketPurged,
            TicketState { id: 12, ..purged },
            2,
        )),
        changed(13, 1, |t| t.assigned_to = Some(5)),
    ])
    .await;
    // The old ones serve, and go on hearing.
    desk.is_true().await;
    assert_eq!(desk.progress().await["state"], "running");

    desk.stack.owner.let_go();
    desk.reaches("done").await;
    desk.is_true().await;
    // Heard once more, and too late.
    desk.happen(&[changed(4, 2, |t| t.status = Status::Resolved)])
        .await;
    let late = [
        changed(3, 1, |_| {}),
        changed(12, 1, |_| {}),
        changed(4, 1, |_| {}),
    ];
    apply(&desk.stack.db, &late).await;
    desk.is_true().await;
}

#[tokio::test]
async fn one_runs_at_a_time() {
    let desk = Desk::with_tickets().await;
    desk.stack.owner.hold_after(1);
    desk.admin.post(PATH, Value::Null).await.expect(202);
    desk.admin.post(PATH, Value::Null).await.expect(409);
    desk.stack.owner.let_go();
    desk.reaches("done").await;
    desk.rebuild().await;
}

#[tokio::test]
async fn an_interrupted_one_goes_on_where_it_stopped() {
    let desk = Desk::with_tickets().await;
    desk.stack.owner.hold_after(2);
    desk.admin.post(PATH, Value::Null).await.expect(202);
    eventually(|| async { desk.progress().await["done"] == 6 }).await;
    // As if its process were killed.
    desk.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'reporting rebuild' and datname = current_database()",
    )
    .await;
    desk.reaches("interrupted").await;
    desk.happen(&[changed(1, 40, |t| t.status = Status::Closed)])
        .await;

    desk.stack.owner.let_go();
    desk.rebuild().await;
    desk.is_true().await;
    let from_the_start = desk
        .stack
        .owner
        .asked()
        .into_iter()
        .filter(String::is_empty);
    assert_eq!(from_the_start.count(), 1, "the first page was read once");
}

#[tokio::test]
async fn one_that_fails_says_why_and_the_next_begins_anew() {
    let desk = Desk::with_tickets().await;
    desk.stack.owner.set_broken(true);
    desk.admin.post(PATH, Value::Null).await.expect(202);
    desk.reaches("failed").await;
    let progress = desk.progress().await;
    let error = progress["error"].as_str().unwrap();
    assert!(error.contains("ticket answered 500"), "{error}");
    desk.is_true().await;

    desk.stack.owner.set_broken(false);
    desk.rebuild().await;
    assert_eq!(desk.progress().await["error"], Value::Null);
    desk.is_true().await;
}

#[tokio::test]
async fn only_admins_may() {
    let desk = Desk::start().await;
    for (role, get, post) in [
        (Role::Customer, 403, 403),
        (Role::Agent, 403, 403),
        (Role::Admin, 200, 202),
    ] {
        let person = desk.stack.desk.user(7, role);
        person.get(PATH).await.expect(get);
        person.post(PATH, Value::Null).await.expect(post);
    }
    let stranger = desk.stack.desk.anonymous();
    stranger.get(PATH).await.expect(401);
    stranger.post(PATH, Value::Null).await.expect(401);
    desk.reaches("done").await;
}
