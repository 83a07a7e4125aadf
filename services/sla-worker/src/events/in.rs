//! What the SLA worker hears: every change of a ticket, because each may move a clock.

use desk_bus::{
    Consumer,
    reconcile::{Kept, Known, Stretch, Suspect},
};
use desk_events::{AggregateKind, Event};
use desk_http::Clock;
use sqlx::PgConnection;

use crate::{
    alarm::Alarm,
    audit,
    domain::{Heard, latest},
    store,
};

/// Keeps the clocks that run.
#[derive(Debug, Clone, Default)]
pub struct SlaWorker {
    alarm: Alarm,
    clock: Clock,
}

impl SlaWorker {
    /// A consumer that wakes the worker for what it hears; its clocks run by this one.
    pub const fn new(alarm: Alarm, clock: Clock) -> Self {
        Self { alarm, clock }
    }

    fn wake<'a>(&self, heard: impl Iterator<Item = Heard<'a>>) {
        let deadlines = heard.flat_map(|heard| heard.deadlines());
        if let Some(at) = deadlines.map(|deadline| deadline.first_word_at()).min() {
            self.alarm.tell(at);
        }
    }
}

impl Consumer for SlaWorker {
    const NAME: &'static str = "sla-worker";

    fn subjects(&self) -> &'static [&'static str] {
        &["ticket.*", "message.*", "status.*"]
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        let mut heard = latest(events);
        // A statement of its own, before the deadlines are looked at: it takes the tickets' row
        // locks, and only a later statement sees what another replica committed before that.
        let news = store::tickets::advance(conn, &heard).await?;
        heard.retain(|heard| news.contains(&heard.ticket.id));
        store::deadlines::replace(conn, &heard).await?;
        Ok(())
    }

    fn keeps(&self) -> &'static [Kept] {
        const { &[Kept::by_state(AggregateKind::Ticket)] }
    }

    async fn known(
        &self,
        conn: &mut PgConnection,
        _: AggregateKind,
        ids: &[i64],
    ) -> anyhow::Result<Vec<Known>> {
        Ok(store::tickets::known(conn, ids).await?)
    }

    async fn committed(&self, events: &[Event]) {
        self.wake(latest(events).into_iter());
    }

    const AUDITED: bool = true;

    async fn suspects(
        &self,
        conn: &mut PgConnection,
        stretch: &Stretch,
    ) -> anyhow::Result<Vec<Suspect>> {
        Ok(audit::suspects(conn, stretch, self.clock.now()).await?)
    }

    async fn heal(
        &self,
        conn: &mut PgConnection,
        stretch: &Stretch,
        wrong: &[Suspect],
    ) -> anyhow::Result<()> {
        Ok(audit::heal(conn, stretch, wrong, self.clock.now()).await?)
    }

    async fn healed(&self, stretch: &Stretch) {
        self.wake(stretch.tickets.iter().map(Heard::told));
    }
}
