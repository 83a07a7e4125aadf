//! The owners' side of the internal calls, for consumers: a server that tells what the test says.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::get,
};
use desk_bus::reconcile::{OwnerSettings, Owners};
use desk_events::{Event, Fact, StatePage, StateRecord, TicketPage, TicketRecord};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::Keys;

/// Tickets a page: few, so that a handful makes several.
const PAGE: usize = 3;

/// What ticket holds, and what the others do of users, projects and categories.
#[derive(Clone)]
pub struct Owner {
    url: String,
    told: Arc<Mutex<Told>>,
    /// A page takes one; none left: ticket takes its time.
    gate: Arc<Semaphore>,
    broken: Arc<AtomicBool>,
}

#[derive(Default)]
struct Told {
    tickets: BTreeMap<i64, TicketRecord>,
    /// By the last word of the path where all are told.
    states: BTreeMap<&'static str, BTreeMap<i64, StateRecord<Value>>>,
    /// Where each page that was asked for starts.
    asked: Vec<String>,
}

impl Owner {
    /// Has no ticket yet.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let owner = Self {
            url: format!("http://{}/", listener.local_addr().expect("an address")),
            told: Arc::default(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS / 2)),
            broken: Arc::default(),
        };
        let router = Router::new()
            .route("/internal/snapshot", get(snapshot))
            .route("/internal/tickets/{id}", get(ticket))
            .route("/internal/heads", get(heads))
            .route("/internal/{kind}", get(states))
            .with_state(owner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        owner
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every owner is asked here, by this service.
    pub fn owners(&self, keys: &Keys, service: &str) -> Owners {
        let settings = OwnerSettings {
            auth_url: self.url.clone(),
            project_url: self.url.clone(),
            ticket_url: self.url.clone(),
            sla_worker_url: self.url.clone(),
        };
        Owners::new(&settings, &keys.issuer(service), &keys.clock)
    }

    /// An owner's own state changes with each event that it says.
    ///
    /// # Panics
    /// Never: a state is JSON.
    pub fn knows(&self, events: &[Event]) {
        let mut told = self.told();
        for event in events {
            if let Some((kind, state)) = state(&event.fact) {
                let record = StateRecord {
                    id: event.aggregate.id,
                    state: state.expect("JSON"),
                    sequence: event.sequence,
                };
                let states = told.states.entry(kind).or_default();
                states.insert(record.id, record);
            }
            let Some(ticket) = event.fact.ticket() else {
                continue;
            };
            if matches!(event.fact, Fact::TicketPurged(_)) {
                told.tickets.remove(&ticket.id);
                continue;
            }
            let record = TicketRecord {
                ticket: ticket.clone(),
                sequence: event.sequence,
            };
            told.tickets.insert(ticket.id, record);
        }
    }

    /// From now on so many pages are told, and then no more until [`Owner::let_go`].
    pub fn hold_after(&self, pages: usize) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
        self.gate.add_permits(pages);
    }

    /// Tells as many pages as anybody wants.
    pub fn let_go(&self) {
        self.gate.add_permits(1_000_000);
    }

    /// Whether it answers nothing but 500, and 503 of a single ticket.
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::Relaxed);
    }

    /// Where each page that was asked for starts.
    pub fn asked(&self) -> Vec<String> {
        self.told().asked.clone()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page(&self, after: String) -> TicketPage {
        let mut told = self.told();
        let from = after.parse().unwrap_or(i64::MIN);
        let later = told.tickets.range(from.saturating_add(1)..);
        let tickets: Vec<TicketRecord> = later.map(|(_, told)| told.clone()).take(PAGE).collect();
        let last = tickets.last().filter(|_| tickets.len() == PAGE);
        let page = TicketPage {
            next: last.map(|last| last.ticket.id.to_string()),
            total: after
                .is_empty()
                .then_some(told.tickets.len().try_into().unwrap_or(i64::MAX)),
            tickets,
        };
        told.asked.push(after);
        page
    }
}

async fn snapshot(
    State(owner): State<Owner>,
    Query(wanted): Query<BTreeMap<String, String>>,
) -> Result<Json<TicketPage>, StatusCode> {
    if owner.broken.load(Ordering::Relaxed) {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    owner.gate.acquire().await.expect("never closed").forget();
    Ok(Json(
        owner.page(wanted.get("after").cloned().unwrap_or_default()),
    ))
}

async fn ticket(
    State(owner): State<Owner>,
    Path(id): Path<i64>,
) -> Result<Json<TicketRecord>, StatusCode> {
    if owner.broken.load(Ordering::Relaxed) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let record = owner.told().tickets.get(&id).cloned();
    record.map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// What a fact says of a user, a project or a category.
fn state(fact: &Fact) -> Option<(&'static str, serde_json::Result<Value>)> {
    Some(match fact {
        Fact::UserCreated(user)
        | Fact::UserUpdated(user)
        | Fact::UserVerified(user)
        | Fact::UserDeleted(user)
        | Fact::UserErased(user) => ("users", serde_json::to_value(user)),
        Fact::ProjectCreated(project)
        | Fact::ProjectUpdated(project)
        | Fact::ProjectDeleted(project) => ("projects", serde_json::to_value(project)),
        Fact::ConfigCategory(category) => ("categories", serde_json::to_value(category)),
        _ => return None,
    })
}

async fn states(
    State(owner): State<Owner>,
    Path(kind): Path<String>,
    Query(wanted): Query<BTreeMap<String, String>>,
) -> Json<StatePage<Value>> {
    let after = wanted.get("after").and_then(|after| after.parse().ok());
    let told = owner.told();
    let all = told.states.get(kind.as_str()).into_iter().flatten();
    let later = all.filter(|(id, _)| after.is_none_or(|after: i64| **id > after));
    let states: Vec<StateRecord<Value>> = later.map(|(_, told)| told.clone()).take(PAGE).collect();
    let last = states.last().filter(|_| states.len() == PAGE);
    Json(StatePage {
        next: last.map(|last| last.id),
        states,
    })
}

/// Nothing was ever published.
async fn heads() -> Json<Value> {
    Json(json!({"heads": [], "next": null}))
}
