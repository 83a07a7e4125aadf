//! Clients that do not give up: each write is sent again with its Idempotency-Key until the desk
//! says that it is done. What was acknowledged is written down, to be compared in the end.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use desk_testkit::Answer;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{Person, Project, World};

/// How many write at once.
const CLIENTS: u32 = 8;

/// The wait before a write is sent again, and how long it grows.
const RETRY: Duration = Duration::from_millis(25);
const LONGEST_RETRY: Duration = Duration::from_millis(400);

/// No fault lasts as long.
const PATIENCE: Duration = Duration::from_mins(2);

/// Everybody who writes, and what was acknowledged.
#[derive(Clone)]
pub struct Load {
    shop: Person,
    agent: Person,
    root: Person,
    project: Project,
    clients: u32,
    pace: Option<Duration>,
    next: Arc<AtomicU32>,
    done: Arc<Acknowledged>,
}

/// What the desk said it has done.
#[derive(Default)]
pub struct Acknowledged {
    /// Ids by number of the filed tickets.
    pub tickets: Mutex<BTreeMap<String, i64>>,
    /// Tickets that the agent replied to.
    pub answers: Tally,
    /// Tickets that customers replied to.
    pub replies: Tally,
    /// Tickets that were resolved, or closed after that.
    pub ended: Tally,
    /// Tickets that were rated.
    pub ratings: Tally,
    /// All writes.
    pub writes: AtomicU32,
    /// Writes that had to be sent again, each time counted.
    pub retries: AtomicU32,
}

/// To which tickets something was done, once each.
#[derive(Default)]
pub struct Tally(Mutex<Vec<i64>>);

impl Tally {
    fn note(&self, ticket: i64) {
        self.0.lock().unwrap().push(ticket);
    }

    /// How many.
    ///
    /// # Panics
    /// When a client died noting one.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Which, in the order of their ids.
    ///
    /// # Panics
    /// When a client died noting one.
    pub fn ids(&self) -> Vec<i64> {
        let mut ids = self.0.lock().unwrap().clone();
        ids.sort_unstable();
        ids
    }
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
            root,
            project,
            clients: CLIENTS,
            pace: None,
            next: Arc::default(),
            done: Arc::default(),
        }
    }

    /// So many write at once, and a ticket is begun each time this has passed, sooner only to make
    /// up for a desk that was away.
    #[must_use]
    pub const fn steadily(mut self, clients: u32, pace: Duration) -> Self {
        self.clients = clients;
        self.pace = Some(pace);
        self
    }

    /// A deadline of one minute for what is urgent: some of it is missed, some is met.
    pub async fn with_deadlines(&self) {
        let policy = json!({
            "project_id": self.project.id, "priority": URGENT, "name": "One minute",
            "first_response_minutes": 1, "resolution_minutes": 1,
        });
        self.root.post("/admin/sla", policy).await.expect(201);
    }

    /// The project that is written to.
    pub fn project_id(&self) -> i64 {
        self.project.id
    }

    /// What was acknowledged so far.
    pub fn done(&self) -> &Acknowledged {
        &self.done
    }

    /// Sets the clients to work: so many tickets more, each with all that happens to it.
    pub fn start(&self, tickets: u32) -> JoinSet<()> {
        let first = self.next.load(Ordering::Relaxed);
        let (end, began) = (first + tickets, Instant::now());
        (0..self.clients)
            .map(|_| {
                let load = self.clone();
                async move {
                    while let Some(turn) = load.turn(end) {
                        if let Some(pace) = load.pace {
                            sleep_until(began + pace * (turn - first)).await;
                        }
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
        let by_key = format!("/external/tickets/{number}");
        if story.answered {
            let body = json!({"body": "Have you cleared your cache?"});
            let path = format!("/tickets/{id}/messages");
            self.insist(&self.agent, Method::POST, &path, body, turn)
                .await;
            self.done.answers.note(id);
        }
        if story.replied {
            let body = json!({"body": "I have.", "customer_email": customer});
            let path = format!("{by_key}/reply");
            self.insist(&self.shop, Method::POST, &path, body, turn)
                .await;
            self.done.replies.note(id);
        }
        if story.resolved {
            let path = format!("/tickets/{id}/status");
            let body = json!({"status": "resolved"});
            self.insist(&self.agent, Method::PATCH, &path, body, turn)
                .await;
        }
        if story.rated {
            self.rate(id).await;
        }
        if story.closed {
            let path = format!("{by_key}/close");
            let body = json!({"customer_email": customer});
            self.insist(&self.shop, Method::POST, &path, body, turn)
                .await;
        }
        if story.resolved || story.closed {
            self.done.ended.note(id);
        }
    }

    async fn file_by_key(&self, turn: u32, customer: &str) -> (i64, String) {
        let body = json!({
            "customer_name": "Tunde Adeyemi",
            "customer_email": customer,
            "subject": format!("Upload {turn} fails"),
            "description": "The button does nothing.",
            "priority": Story::of(turn).priority,
        });
        let filed = self
            .insist(&self.shop, Method::POST, "/external/tickets", body, turn)
            .await;
        name(&filed["ticket_id"], &filed["ticket_number"])
    }

    async fn file_by_portal(&self, turn: u32, customer: &str) -> (i64, String) {
        let body = json!({
            "project_id": self.project.id,
            "customer_email": customer,
            "subject": format!("A call about {turn}"),
            "description": "By phone.",
            "priority": Story::of(turn).priority,
        });
        let filed = self
            .insist(&self.agent, Method::POST, "/tickets", body, turn)
            .await;
        name(&filed["ticket"]["id"], &filed["ticket"]["ticket_number"])
    }

    /// There is no key for a rating, nor a need: a ticket has one.
    async fn rate(&self, id: i64) {
        let path = format!("/tickets/{id}/rating");
        let rating = json!({"score": 1 + id % 5});
        let is_there = |answer: &Answer| answer.status == StatusCode::CONFLICT;
        self.until(&self.root, Method::POST, &path, rating, is_there)
            .await;
        self.done.ratings.note(id);
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
        self.until(&person, method, path, body, |_| false).await
    }

    /// Sends a write until it is done. What was tried before may be found `already` done.
    async fn until(
        &self,
        person: &Person,
        method: Method,
        path: &str,
        body: Value,
        already: impl Fn(&Answer) -> bool,
    ) -> Value {
        let until = Instant::now() + PATIENCE;
        let mut wait = RETRY;
        let mut tried = false;
        loop {
            let sent = person.try_send(method.clone(), path, Some(body.to_string()));
            if let Ok(answer) = sent.await {
                let done = if tried && already(&answer) {
                    Some(answer.body)
                } else {
                    verdict(answer, path)
                };
                if let Some(body) = done {
                    self.done.writes.fetch_add(1, Ordering::Relaxed);
                    return body;
                }
            }
            assert!(Instant::now() < until, "{path} was never done");
            tried = true;
            self.done.retries.fetch_add(1, Ordering::Relaxed);
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_RETRY);
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

/// The priority of what has to be done soon.
const URGENT: &str = "critical";

/// What happens to a ticket.
#[derive(Clone, Copy)]
struct Story {
    priority: &'static str,
    by_portal: bool,
    answered: bool,
    replied: bool,
    resolved: bool,
    rated: bool,
    closed: bool,
}

impl Story {
    const fn of(turn: u32) -> Self {
        Self {
            priority: if turn % 8 == 2 || turn % 8 == 7 {
                URGENT
            } else {
                "medium"
            },
            by_portal: turn % 5 == 4,
            answered: turn.is_multiple_of(3),
            replied: turn % 4 == 1,
            resolved: turn.is_multiple_of(2),
            rated: turn.is_multiple_of(10),
            closed: turn % 8 < 2,
        }
    }

    fn writes(self) -> u32 {
        let more = [
            self.answered,
            self.replied,
            self.resolved,
            self.rated,
            self.closed,
        ];
        1 + more.into_iter().map(u32::from).sum::<u32>()
    }
}
