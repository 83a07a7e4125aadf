//! What reporting hears: tickets for its read models; users, projects and categories for their
//! names.

use desk_bus::{
    Consumer,
    reconcile::{Copied, Difference, Kept, Known, Stretch, Suspect},
};
use desk_events::{AggregateKind, Event, StateRecord};
use serde_json::Value;
use sqlx::PgConnection;

use crate::{audit, domain::latest, store};

/// Keeps the last state of each ticket, the sums of the reports, and the copies that name them.
#[derive(Debug, Clone, Copy)]
pub struct Reporting;

impl Consumer for Reporting {
    const NAME: &'static str = "reporting";

    fn subjects(&self) -> &'static [&'static str] {
        &[
            "ticket.*",
            "message.*",
            "status.*",
            "user.*",
            "project.*",
            "config.category",
        ]
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        store::keep::take_turn(conn).await?;
        desk_replica::apply(conn, events).await?;
        store::categories::keep(conn, events).await?;
        store::rebuild::keep_in_all(conn, &latest(events)).await?;
        Ok(())
    }

    fn keeps(&self) -> &'static [Kept] {
        const {
            &[
                Kept::by_state(AggregateKind::Ticket),
                Kept::by_state(AggregateKind::User),
                Kept::by_state(AggregateKind::Project),
                Kept::by_state(AggregateKind::Membership),
                Kept::by_state(AggregateKind::Category),
            ]
        }
    }

    async fn known(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        ids: &[i64],
    ) -> anyhow::Result<Vec<Known>> {
        let known = match kind {
            AggregateKind::Ticket => store::tickets::known(conn, ids).await,
            AggregateKind::Category => store::categories::known(conn, ids).await,
            copied => desk_replica::known(conn, copied, ids).await,
        };
        Ok(known?)
    }

    const AUDITED: bool = true;

    async fn suspects(
        &self,
        conn: &mut PgConnection,
        stretch: &Stretch,
    ) -> anyhow::Result<Vec<Suspect>> {
        audit::suspects(conn, stretch).await
    }

    async fn heal(
        &self,
        conn: &mut PgConnection,
        stretch: &Stretch,
        wrong: &[Suspect],
    ) -> anyhow::Result<()> {
        Ok(audit::heal(conn, stretch, wrong).await?)
    }

    async fn derived(
        &self,
        conn: &mut PgConnection,
        heal: bool,
    ) -> anyhow::Result<Vec<Difference>> {
        Ok(audit::derived(conn, heal).await?)
    }
    /// The names in the reports.
    fn copies(&self) -> &'static [Copied] {
        const CATEGORIES: Copied = Copied {
            kind: AggregateKind::Category,
            table: "categories",
            path: "/internal/categories",
            personal: false,
        };
        const { &[desk_replica::USERS, desk_replica::PROJECTS, CATEGORIES] }
    }

    async fn copied(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        after: i64,
        last: i64,
    ) -> anyhow::Result<Vec<StateRecord<Value>>> {
        match kind {
            AggregateKind::Category => Ok(store::categories::between(conn, after, last).await?),
            copied => desk_replica::copied(conn, copied, after, last).await,
        }
    }

    async fn put_right(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        seen: &[Known],
        told: &[StateRecord<Value>],
    ) -> anyhow::Result<()> {
        match kind {
            AggregateKind::Category => store::categories::put_right(conn, seen, told).await,
            copied => desk_replica::put_right(conn, copied, seen, told).await,
        }
    }
}
