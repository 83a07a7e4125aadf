//! Events that come by the real bus: in disorder, twice, after a kill, from another release.

use desk_events::NewEvent;
use desk_testkit::{Spy, eventually};
use notifier::events::Notifier;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::json;

use crate::{
    facts::{AGENT, CUSTOMER, note, reply},
    stack::Stack,
};

const MARKER: i64 = 999;

impl Stack {
    /// Says one more reply and waits for it: what was said before has been heard then.
    async fn settle(&self, sequence: i64) {
        self.say(&[reply(MARKER, sequence, AGENT)]).await;
        let message = MARKER * 100 + sequence;
        eventually(|| async {
            self.deliveries(MARKER)
                .await
                .iter()
                .any(|queued| queued["message_id"] == message)
        })
        .await;
    }
}

#[tokio::test]
async fn shuffled_and_doubled_events_queue_each_reply_once() {
    let stack = Stack::start().await;
    let mut events: Vec<NewEvent> = (1..=20)
        .flat_map(|id| [reply(id, 2, AGENT), note(id, 3), reply(id, 4, CUSTOMER)])
        .collect();
    events.shuffle(&mut StdRng::seed_from_u64(9));
    stack.consume();

    stack.say(&events).await;
    stack.say_again().await;
    stack.settle(1).await;

    for id in 1..=20 {
        let mut messages: Vec<i64> = stack
            .deliveries(id)
            .await
            .iter()
            .map(|queued| queued["message_id"].as_i64().unwrap())
            .collect();
        messages.sort_unstable();
        assert_eq!(messages, [id * 100 + 2, id * 100 + 4]);
    }
}

#[tokio::test]
async fn a_kill_between_commit_and_acknowledgement_queues_nothing_twice() {
    let stack = Stack::start().await;
    let killed = Spy::hanging(stack.notifier());
    let task = stack.watch(killed.clone());
    stack
        .say(&[reply(1, 2, AGENT), reply(1, 3, CUSTOMER)])
        .await;
    eventually(|| async { killed.seen().len() == 2 }).await;
    task.abort();
    let before = stack.deliveries(1).await;

    // Instead of waiting until the time to acknowledge is over.
    stack.forget_durable::<Notifier>().await;
    let revived = Spy::of(stack.notifier());
    stack.watch(revived.clone());
    eventually(|| async { revived.seen() == killed.seen() }).await;

    assert_eq!(before.len(), 2);
    assert_eq!(stack.deliveries(1).await, before);
}

#[tokio::test]
async fn what_another_release_says_is_passed_over() {
    let stack = Stack::start().await;
    stack.consume();
    stack.settle(1).await;
    for (kind, version) in [("message.flew", 1), ("message.added", 9)] {
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
    assert_eq!(stack.deliveries(MARKER).await.len(), 2);
    let mut conn = stack.db.acquire().await.unwrap();
    assert_eq!(
        desk_bus::dead_letters::count(&mut conn, None)
            .await
            .unwrap(),
        0
    );
}
