//! Several workers, outages and kills: each claim is made once, in due order. The numbers are
//! those of the deadline cases.

use std::collections::BTreeMap;

use desk_events::NewEvent;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use time::Duration;

use crate::{
    claiming::{created, due},
    stack::Stack,
};

impl Stack {
    /// Tickets 1 to `count`, the first overdue for the longest; in no order.
    async fn overdue(&self, count: i64) {
        let since = self.now() - Duration::HOUR;
        let mut events: Vec<NewEvent> = (1..=count)
            .map(|id| created(due(id, since + Duration::milliseconds(id))))
            .collect();
        events.shuffle(&mut StdRng::seed_from_u64(5));
        for part in events.chunks(1_000) {
            self.hear(part.to_vec()).await;
        }
    }

    /// The tickets in the order of their claims.
    async fn order(&self) -> Vec<i64> {
        let claims = self.claims().await.into_iter();
        claims.map(|(_, _, claim)| claim.ticket_id).collect()
    }

    /// Each ticket was claimed once.
    async fn each_once(&self, count: i64) {
        let mut times: BTreeMap<i64, u32> = BTreeMap::new();
        for id in self.order().await {
            *times.entry(id).or_default() += 1;
        }
        assert!(times.values().all(|times| *times == 1), "{times:?}");
        assert_eq!(times.len(), usize::try_from(count).unwrap());
    }
}

#[tokio::test]
async fn case_31_after_an_outage_all_is_claimed_in_due_order() {
    let stack = Stack::start().await;
    // Several batches.
    stack.overdue(1_200).await;
    stack.work();
    stack.claimed(1_200).await;
    assert_eq!(stack.order().await, (1..=1_200).collect::<Vec<i64>>());
}

#[tokio::test]
async fn case_32_two_workers_claim_each_once() {
    let stack = Stack::start().await;
    stack.overdue(4_000).await;
    let first = stack.work();
    let second = stack.another().await;
    stack.claimed(4_000).await;
    stack.stop.cancel();
    first.await.unwrap();
    second.await.unwrap();
    stack.each_once(4_000).await;
}

#[tokio::test]
async fn workers_that_are_killed_anywhere_claim_each_once() {
    let stack = Stack::start().await;
    stack.overdue(6_000).await;
    let mut rng = StdRng::seed_from_u64(3);
    while stack.order().await.len() < 6_000 {
        let workers = [stack.work(), stack.another().await];
        let life = std::time::Duration::from_millis(rng.random_range(1..60));
        // How long it lives is what the test is about.
        tokio::time::sleep(life).await;
        for worker in workers {
            worker.abort();
        }
    }
    stack.each_once(6_000).await;
}

#[tokio::test]
async fn claims_and_news_of_the_same_tickets_do_not_lock_each_other_up() {
    let stack = Stack::start().await;
    stack.overdue(2_000).await;
    let first = stack.work();
    let second = stack.another().await;
    let since = stack.now() - Duration::HOUR;
    for sequence in 2..6 {
        for part in (1..=2_000_i64).collect::<Vec<_>>().chunks(200) {
            let news = part.iter().map(|id| {
                let ticket = due(*id, since + Duration::milliseconds(*id));
                crate::facts::said(desk_events::Fact::TicketUpdated, ticket, sequence)
            });
            stack.hear(news.collect()).await;
        }
    }
    stack.claimed(2_000).await;
    stack.stop.cancel();
    first.await.unwrap();
    second.await.unwrap();
    stack.each_once(2_000).await;
}
