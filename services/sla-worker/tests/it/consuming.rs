//! Events that come by the real bus: in disorder, twice, after a kill, from another release.

use desk_events::{Fact, NewEvent, TicketState};
use desk_testkit::{Spy, eventually};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use sla_worker::events::SlaWorker;

use crate::{
    facts::{filed, life, said},
    stack::Stack,
};

const MARKER: i64 = 999;

impl Stack {
    /// Says one more event and waits for it: what was said before has been heard then.
    async fn settle(&self, sequence: i64) {
        self.say(&[said(Fact::TicketUpdated, filed(MARKER), sequence)])
            .await;
        self.reached(MARKER, sequence).await;
    }

    /// The last event of each life stands.
    async fn agrees_with(&self, lives: &[Vec<NewEvent>]) {
        for last in lives.iter().filter_map(|life| life.last()) {
            let known = self.known(last.aggregate.id).await;
            assert_eq!(known["sequence"], last.sequence);
            assert_eq!(metrics(&known), running(last.fact.ticket().unwrap()));
        }
    }
}

#[tokio::test]
async fn shuffled_and_doubled_events_converge() {
    let stack = Stack::start().await;
    let mut rng = StdRng::seed_from_u64(9);
    let lives: Vec<Vec<NewEvent>> = (1..=20).map(|id| life(id, &mut rng)).collect();
    let mut events = lives.concat();
    events.shuffle(&mut rng);
    stack.consume();

    // In several batches for certain: each part is heard before the next is said.
    for (part, sequence) in events.chunks(30).zip(1..) {
        stack.say(part).await;
        stack.settle(sequence).await;
    }
    stack.agrees_with(&lives).await;
    stack.say_again().await;
    stack.settle(99).await;

    stack.agrees_with(&lives).await;
}

/// The clocks that the worker says are running, sorted.
fn metrics(known: &Value) -> Vec<&str> {
    let mut metrics: Vec<&str> = known["deadlines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|deadline| deadline["metric"].as_str().unwrap())
        .collect();
    metrics.sort_unstable();
    metrics
}

/// The clocks that ticket says are running.
fn running(ticket: &TicketState) -> Vec<&'static str> {
    if ticket.deleted_at.is_some() {
        return Vec::new();
    }
    let mut metrics = Vec::new();
    if ticket.first_response_open {
        metrics.push("first_response");
    }
    if ticket.resolution_open && !ticket.resolution_breached && ticket.resolution_due_at.is_some() {
        metrics.push("resolution");
    }
    metrics
}

#[tokio::test]
async fn a_kill_between_commit_and_acknowledgement_changes_nothing() {
    let stack = Stack::start().await;
    let killed = Spy::hanging(SlaWorker::default());
    let task = stack.watch(killed.clone());
    stack
        .say(&[
            said(Fact::TicketCreated, filed(1), 1),
            said(Fact::MessageAdded, filed(1), 2),
        ])
        .await;
    eventually(|| async { killed.seen().len() == 2 }).await;
    task.abort();
    let before = stack.known(1).await;

    // Instead of waiting until the time to acknowledge is over.
    stack.forget_durable::<SlaWorker>().await;
    let revived = Spy::of(SlaWorker::default());
    stack.watch(revived.clone());
    eventually(|| async { revived.seen() == killed.seen() }).await;

    assert_eq!(before["sequence"], 2);
    assert_eq!(stack.known(1).await, before);
}

#[tokio::test]
async fn what_another_release_says_is_passed_over() {
    let stack = Stack::start().await;
    stack.consume();
    stack.settle(1).await;
    for (kind, version) in [("ticket.flew", 1), ("ticket.updated", 9)] {
        let envelope = json!({
            "id": "019a0000-0000-7000-8000-000000000001", "type": kind, "version": version,
            "aggregate": {"kind": "ticket", "id": MARKER}, "sequence": 50,
            "occurred_at": "2026-03-02T09:00:00Z", "payload": {"wings": 2},
        });
        let client = stack.bus.client();
        client
            .publish(stack.bus.subject(kind), envelope.to_string().into())
            .await
            .unwrap();
        client.flush().await.unwrap();
    }
    stack.settle(2).await;
    let mut conn = stack.db.acquire().await.unwrap();
    assert_eq!(
        desk_bus::dead_letters::count(&mut conn, None)
            .await
            .unwrap(),
        0
    );
}
