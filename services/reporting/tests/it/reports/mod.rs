//! The reports through their door.

mod csv;
mod figures;
mod filters;
mod freshness;
mod scope;

use desk_bus::Consumer;
use desk_events::{
    Aggregate, AggregateKind, CategoryState, Event, Fact, MembershipState, NewEvent, Priority,
    ProjectState, Role, Status, TicketState, UserState,
};
use desk_testkit::{Client, Desk};
use reporting::events::Reporting;
use sqlx::PgPool;
use time::Duration;

use crate::{
    facts::{FILED, filed, heard, said},
    stack::{database, desk},
};

const REPORTS: [&str; 6] = [
    "overview",
    "projects",
    "agents",
    "volume",
    "sla",
    "categories",
];

/// The day of [`FILED`].
const THAT_DAY: &str = "from=2026-03-02&to=2026-03-02";

/// Reports over a database of the test's own.
struct Reports {
    db: PgPool,
    desk: Desk,
    admin: Client,
}

impl Reports {
    async fn start() -> Self {
        let db = database().await;
        let desk = desk(db.clone()).await;
        let admin = desk.user(1, Role::Admin);
        Self { db, desk, admin }
    }

    /// As [`Reports::start`], with two projects, two agents, a category and four tickets.
    async fn with_tickets() -> Self {
        let reports = Self::start().await;
        let names = [
            project(3, "NaijaHomes", false),
            project(4, "Kora", false),
            user(5, "Alice Okafor"),
            user(6, "Bola Ade"),
            member(3, 5),
            category(2, "Technical Issue", Some("#EF4444")),
        ];
        reports.hear(&names).await;
        let after = |minutes| Some(FILED + Duration::minutes(minutes));
        let tickets = [
            TicketState {
                status: Status::Resolved,
                priority: Priority::Critical,
                assigned_to: Some(5),
                first_response_at: after(12),
                first_response_breached: true,
                resolved_at: after(60 * 24),
                ..filed(1)
            },
            TicketState {
                status: Status::InProgress,
                assigned_to: Some(5),
                first_response_at: after(13),
                category_id: None,
                ..filed(2)
            },
            TicketState {
                status: Status::PendingCustomer,
                assigned_to: Some(6),
                ..filed(3)
            },
            TicketState {
                project_id: 4,
                ..filed(4)
            },
        ];
        let events = tickets.map(|ticket| heard(said(Fact::TicketCreated, ticket, 1)));
        reports.hear(&events).await;
        reports
    }

    async fn hear(&self, events: &[Event]) {
        let mut tx = self.db.begin().await.unwrap();
        Reporting.apply(&mut tx, events).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn event(kind: AggregateKind, id: i64, sequence: i64, fact: Fact) -> Event {
    heard(NewEvent {
        aggregate: Aggregate { kind, id },
        sequence,
        occurred_at: FILED,
        fact,
    })
}

fn project(id: i64, name: &str, deleted: bool) -> Event {
    let project = ProjectState {
        id,
        name: name.to_owned(),
        slug: format!("project-{id}"),
        prefix: format!("P{id}"),
        is_active: true,
        deleted,
    };
    let sequence = 1 + i64::from(deleted);
    let fact = Fact::ProjectUpdated(Box::new(project));
    event(AggregateKind::Project, id, sequence, fact)
}

fn user(id: i64, name: &str) -> Event {
    let user = UserState {
        id,
        name: name.to_owned(),
        email: format!("{id}@desk.test"),
        role: Role::Agent,
        is_active: true,
        email_verified_at: None,
        deleted: false,
    };
    event(
        AggregateKind::User,
        id,
        1,
        Fact::UserUpdated(Box::new(user)),
    )
}

fn member(project_id: i64, user_id: i64) -> Event {
    let place = MembershipState {
        project_id,
        user_id,
        is_lead: false,
        is_member: true,
    };
    let id = project_id * 100 + user_id;
    let fact = Fact::ProjectMembership(Box::new(place));
    event(AggregateKind::Membership, id, 1, fact)
}

fn category(id: i64, name: &str, color: Option<&str>) -> Event {
    let category = CategoryState {
        id,
        parent_id: None,
        name: name.to_owned(),
        color: color.map(str::to_owned),
        deleted: false,
    };
    let fact = Fact::ConfigCategory(Box::new(category));
    event(AggregateKind::Category, id, 1, fact)
}
