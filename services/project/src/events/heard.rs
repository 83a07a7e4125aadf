//! What project hears: accounts (for its lists of agents), ticket counts and SLA policies.

use desk_bus::Consumer;
use desk_events::{Event, Fact};
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
}
