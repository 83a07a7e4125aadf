//! What project hears: accounts (for its lists of agents), ticket counts and SLA policies.

use desk_bus::{
    Consumer,
    reconcile::{Kept, Known},
};
use desk_events::{AggregateKind, Event, Fact};
use sqlx::PgConnection;

use crate::store::copies;

/// Keeps project's copies.
#[derive(Debug, Clone, Copy)]
pub struct Copies;

impl Consumer for Copies {
    const NAME: &'static str = "project";

    fn subjects(&self) -> &'static [&'static str] {
        &["user.*", "project.counted", "config.sla_policy"]
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        desk_replica::apply(conn, events).await?;
        for event in events {
            match &event.fact {
                Fact::ProjectCounted(count) => {
                    copies::keep_count(conn, count, event.sequence).await?;
                }
                Fact::ConfigSlaPolicy(policy) => {
                    copies::keep_policy(conn, policy, event.sequence).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn keeps(&self) -> &'static [Kept] {
        const {
            &[
                Kept::by_state(AggregateKind::User),
                Kept::by_state(AggregateKind::ProjectCount),
                Kept::by_state(AggregateKind::SlaPolicy),
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
            AggregateKind::ProjectCount => copies::known_counts(conn, ids).await,
            AggregateKind::SlaPolicy => copies::known_policies(conn, ids).await,
            copied => desk_replica::known(conn, copied, ids).await,
        };
        Ok(known?)
    }
}
