//! Clients that do not give up: each write is sent again with its Idempotency-Key until the desk
//! says that it is done. What was acknowledged is written down, to be compared in the end.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use desk_testkit::Answer;
use e2e::{Person, World};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How many write at once.
const CLIENTS: u32 = 8;

/// The wait before a write is sent again.
const RETRY: Duration = Duration::from_millis(25);

/// No fault of these tests lasts as long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Everybody who writes, and what was acknowledged.
#[derive(Clone)]
pub struct Load {
    shop: Person,
    agent: Person,
    project_id: i64,
    next: Arc<AtomicU32>,
    done: Arc<Acknowledged>,
}

/// What the desk said it has done.
#[derive(Default)]
pub struct Acknowledged {
    /// Ids by number of the filed tickets.
    pub tickets: Mutex<BTreeMap<String, i64>>,
    /// Replies of the agent.
    pub answers: AtomicU32,
    /// Replies of customers.
    pub replies: AtomicU32,
    /// Tickets that were resolved, or closed after that.
    pub ended: AtomicU32,
    /// All writes.
    pub writes: AtomicU32,
    /// Writes that had to be sent again, each time counted.
    pub retries: AtomicU32,
}

impl Load {
    /// A project with a key, and an agent of it.
    pub async fn of(world: &World) -> Self {
        let root = world.super_admin().await;
        let project = world.project(&root, "NaijaHomes").await;
        let agent = world.person(&root, "agent", "alice@desk.test").await;
        world.assign_agent(&root, &project, &agent).await;
        Self {
            shop: world.key(&project.key),
            agent,
            project_id: project.id,
            next: Arc::default(),
            done: Arc::default(),
        }
    }

    /// The project that is written to.
    pub fn project_id(&self) -> i64 {
        self.project_id
    }

    /// What was acknowledged so far.
    pub fn done(&self) -> &Acknowledged {
        &self.done
    }

    /// Sets the clients to work: so many tickets more, each with all that happens to it.
    pub fn start(&self, tickets: u32) -> JoinSet<()> {
        let end = self.next.load(Ordering::Relaxed) + tickets;
        (0..CLIENTS)
            .map(|_| {
                let load = self.clone();
                async move {
                    while let Some(turn) = load.turn(end) {
                        load.story(turn).await;
                    }
                }
            })
            .collect()
    }

    /// How many writes so many tickets make.
    pub fn writes_of(tickets: u32) -> u32 {
        (0..tickets).map(|turn| Story::of(turn).writes()).sum()
    }

    fn turn(&self, end: u32) -> Option<u32> {
        let next = |turn| (turn < end).then_some(turn + 1);
        let order = Ordering::Relaxed;
        self.next.fetch_update(order, order, next).ok()
    }

    /// A ticket's life.
    async fn story(&self, turn: u32) {
        let story = Story::of(turn);
        let customer = format!("customer{}@example.com", turn % CLIENTS);
        let (id, number) = if story.by_portal {
            self.file_by_portal(turn, &customer).await
        } else {
            self.file_by_key(turn, &customer).await
        };
        let before = self.done.tickets.lock().unwrap().insert(number.clone(), id);
        assert_eq!(before, None, "{number} was given twice");
        if story.answered {
            let body = json!({"body": "Have you cleared your cache?"});
            let path = format!("/tickets/{id}/messages");
            self.insist(&self.agent, Method::POST, &path, body, turn)
                .await;
            self.done.answers.fetch_add(1, Ordering::Relaxed);
        }
        let by_key = format!("/external/tickets/{number}");
        if story.replied {
            let body = json!({"body": "I have.", "customer_email": customer});
            let path = format!("{by_key}/reply");
            self.insist(&self.shop, Method::POST, &path, body, turn)
                .await;
            self.done.replies.fetch_add(1, Ordering::Relaxed);
        }
        if story.resolved {
            let path = format!("/tickets/{id}/status");
            let body = json!({"status": "resolved"});
            self.insist(&self.agent, Method::PATCH, &path, body, turn)
                .await;
        }
        if story.closed {
            let path = format!("{by_key}/close");
            let body = json!({"customer_email": customer});
            self.insist(&self.shop, Method::POST, &path, body, turn)
                .await;
        }
        if story.resolved || story.closed {
            self.done.ended.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn file_by_key(&self, turn: u32, customer: &str) -> (i64, String) {
        let body = json!({
            "customer_name": "Tunde Adeyemi",
            "customer_email": customer,
            "subject": format!("Upload {turn} fails"),
            "description": "The button does nothing.",
        });
        let filed = self
            .insist(&self.shop, Method::POST, "/external/tickets", body, turn)
            .await;
        name(&filed["ticket_id"], &filed["ticket_number"])
    }

    async fn file_by_portal(&self, turn: u32, customer: &str) -> (i64, String) {
        let body = json!({
            "project_id": self.project_id,
            "customer_email": customer,
            "subject": format!("A call about {turn}"),
            "description": "By phone.",
        });
        let filed = self
            .insist(&self.agent, Method::POST, "/tickets", body, turn)
            .await;
        name(&filed["ticket"]["id"], &filed["ticket"]["ticket_number"])
    }

    async fn insist(
        &self,
        person: &Person,
        method: Method,
        path: &str,
        body: Value,
        turn: u32,
    ) -> Value {
        let key = format!("turn-{turn}");
        let person = person.clone().with_header("idempotency-key", &key);
        let until = Instant::now() + PATIENCE;
        loop {
            let sent = person.try_send(method.clone(), path, Some(body.to_string()));
            if let Ok(answer) = sent.await
                && let Some(body) = verdict(answer, path)
            {
                self.done.writes.fetch_add(1, Ordering::Relaxed);
                return body;
            }
            assert!(Instant::now() < until, "{path} was never done");
            self.done.retries.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(RETRY).await;
        }
    }
}

/// The answer to a write that is done; none for one to be sent again. A desk in trouble may say
/// that it is not there, or that the same write is still under way, and nothing else.
fn verdict(answer: Answer, path: &str) -> Option<Value> {
    if answer.status.is_success() {
        return Some(answer.body);
    }
    let passes = matches!(
        answer.status,
        StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE
    );
    assert!(passes, "{path}: {} {}", answer.status, answer.body);
    None
}

fn name(id: &Value, number: &Value) -> (i64, String) {
    (id.as_i64().unwrap(), number.as_str().unwrap().to_owned())
}

/// What happens to a ticket.
#[derive(Clone, Copy)]
struct Story {
    by_portal: bool,
    answered: bool,
    replied: bool,
    resolved: bool,
    closed: bool,
}

impl Story {
    const fn of(turn: u32) -> Self {
        Self {
            by_portal: turn % 5 == 4,
            answered: turn.is_multiple_of(3),
            replied: turn % 4 == 1,
            resolved: turn.is_multiple_of(2),
            closed: turn % 8 < 2,
        }
    }

    fn writes(self) -> u32 {
        let more = [self.answered, self.replied, self.resolved, self.closed];
        1 + more.into_iter().map(u32::from).sum::<u32>()
    }
}
