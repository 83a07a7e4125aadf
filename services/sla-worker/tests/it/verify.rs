//! A row planted wrong in each table is found, and healed by the reconciler.

use desk_bus::reconcile::Difference;
use desk_events::{Event, Fact, NewEvent, TicketState};
use desk_testkit::{
    eventually,
    facts::{filed, heard, said},
};
use sqlx::AssertSqlSafe;
use time::Duration;

use crate::stack::Stack;

/// Wrong rows, as nobody but a bug or a hand would make them.
const PLANTED: &[(&str, &str)] = &[
    (
        "deadlines",
        "update deadlines set due_at = due_at + interval '1 hour' where ticket_id = 1",
    ),
    (
        "deadlines",
        "update deadlines set generation = 9 where ticket_id = 2",
    ),
    (
        "deadlines",
        "update deadlines set project_id = 9 where ticket_id = 3",
    ),
    (
        "deadlines",
        "update deadlines set soon_at = null where ticket_id = 3",
    ),
    // Never to be claimed.
    (
        "deadlines",
        "update deadlines set claimed = true where ticket_id = 4",
    ),
    (
        "deadlines",
        "delete from deadlines where ticket_id = 5 and metric = 'resolution'",
    ),
    (
        "deadlines",
        "insert into deadlines (ticket_id, metric, project_id, due_at, generation)
         values (6, 'resolution', 3, now(), 1)",
    ),
    (
        "deadlines",
        "insert into deadlines (ticket_id, metric, project_id, due_at, generation)
         values (77, 'resolution', 3, now(), 1)",
    ),
    ("tickets", "update tickets set sequence = 90 where id = 1"),
    ("tickets", "update tickets set sequence = 0 where id = 2"),
    ("tickets", "delete from tickets where id = 3"),
    ("tickets", "update tickets set said = 0 where id = 7"),
];

impl Stack {
    /// With the bus, on which it is seen what is under way.
    async fn on_the_bus() -> Self {
        let stack = Self::start().await;
        stack.consume();
        eventually(|| async { stack.bus.is_connected() }).await;
        stack
    }

    /// Ticket says something, and the worker hears it.
    async fn happen(&self, events: Vec<NewEvent>) {
        let told: Vec<Event> = events.iter().cloned().map(heard).collect();
        self.owner.knows(&told);
        self.hear(events).await;
    }

    async fn differences(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        let tell = |difference: &Difference| found.push(difference.clone());
        let count = self.reconciler().audit(false, tell).await.unwrap();
        assert_eq!(count, found.len() as u64);
        found
    }

    /// Everything that it keeps, but for when it was said.
    async fn rows(&self) -> Vec<serde_json::Value> {
        sqlx::query_scalar(
            "select to_jsonb(d) from deadlines d union all select to_jsonb(t) from tickets t
             order by 1",
        )
        .fetch_all(&self.db)
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn a_row_planted_wrong_in_each_table_is_named_and_healed() {
    let stack = Stack::on_the_bus().await;
    let later = |hours| Some(stack.now() + Duration::hours(hours));
    let running = |id| TicketState {
        first_response_due_at: later(4),
        first_response_soon_at: later(3),
        resolution_due_at: later(24),
        resolution_soon_at: later(19),
        ..filed(id)
    };
    let mut events: Vec<NewEvent> = (1..=5)
        .map(|id| said(Fact::TicketCreated, running(id), 2))
        .collect();
    let resolved = TicketState {
        resolution_open: false,
        first_response_open: false,
        ..running(6)
    };
    events.push(said(Fact::StatusChanged, resolved, 4));
    // Overdue: the worker says so.
    let overdue = TicketState {
        resolution_open: false,
        first_response_due_at: later(-1),
        first_response_soon_at: None,
        ..running(7)
    };
    events.push(said(Fact::TicketCreated, overdue, 1));
    stack.happen(events).await;
    let work = stack.work();
    stack.claimed(1).await;
    work.abort();
    eventually(|| async { stack.published().await == 1 }).await;
    // Ticket's answer.
    let breached = TicketState {
        resolution_open: false,
        first_response_breached: true,
        ..running(7)
    };
    stack
        .happen(vec![said(Fact::TicketBreached, breached, 2)])
        .await;
    assert_eq!(stack.differences().await, []);
    let before = stack.rows().await;

    for (table, planted) in PLANTED {
        let done = sqlx::raw_sql(AssertSqlSafe(*planted)).execute(&stack.db);
        assert_eq!(done.await.unwrap().rows_affected().min(1), 1, "{planted}");
        let found = stack.differences().await;
        assert!(
            found.iter().any(|found| found.table == *table),
            "{planted}: {found:?}"
        );
        stack.reconciler().verify(false, false).await.unwrap_err();

        let report = stack.reconciler().once().await.unwrap().unwrap();
        assert!(report.failed.is_empty(), "{report}");
        assert!(report.healed > Some(0), "{planted}: {report}");
        assert_eq!(stack.differences().await, [], "{planted}");
        assert_eq!(stack.rows().await, before, "{planted}");
    }
}

#[tokio::test]
async fn a_claim_that_nobody_answers_is_made_again() {
    let stack = Stack::on_the_bus().await;
    let overdue = TicketState {
        first_response_due_at: Some(stack.now() - Duration::MINUTE),
        first_response_soon_at: None,
        resolution_open: false,
        ..filed(1)
    };
    stack
        .happen(vec![said(Fact::TicketCreated, overdue, 1)])
        .await;
    stack.work();
    stack.claimed(1).await;
    assert_eq!(stack.differences().await, [], "the answer is under way");
    stack.pass(Duration::minutes(10));
    assert_eq!(stack.differences().await.len(), 1);
    stack.reconciler().once().await.unwrap();
    let claims = stack.claimed(2).await;
    let sequences: Vec<i64> = claims.iter().map(|(_, sequence, _)| *sequence).collect();
    assert_eq!(sequences, [1, 2]);
}

impl Stack {
    /// Sequences that the relay has published about deadlines.
    async fn published(&self) -> i64 {
        sqlx::query_scalar(
            "select coalesce(max(sequence), 0) from outbox_heads where aggregate_kind = 'deadline'",
        )
        .fetch_one(&self.db)
        .await
        .unwrap()
    }
}
