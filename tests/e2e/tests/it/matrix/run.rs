//! The calls.

use std::{collections::BTreeMap, sync::Mutex};

use desk_testkit::{Answer, eventually, identity::Role};
use e2e::{Person, World};
use futures::{StreamExt, future::join_all, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use xtask::service::Service;

use super::{
    callers,
    document::Operation,
    row::{Request, Row},
    sightings::Sightings,
    stage::Stage,
    table::Caller,
    things::{Things, Which},
};

/// Lines that are walked at once.
const AT_ONCE: usize = 4;

/// What ends a session.
const ENDING: [&str; 3] = ["/auth/refresh", "/auth/logout", "/auth/logout-all"];

/// Everything that calls share.
pub struct Run<'a> {
    world: &'a World,
    stage: &'a Stage,
    operations: &'a BTreeMap<String, Operation>,
    nobodies: Vec<(&'static str, Person)>,
    sightings: Sightings,
    wrong: Mutex<Vec<String>>,
}

/// A cell: an operation as a caller.
#[derive(Clone, Copy)]
struct Cell<'a> {
    row: &'a Row<'a>,
    method: &'a Method,
    operation: &'a Operation,
    caller: Caller,
    /// None when all is to be well.
    refusal: Option<u16>,
}

impl Cell<'_> {
    /// Does the call change something?
    fn changes(&self) -> bool {
        self.refusal.is_none() && *self.method != Method::GET
    }
}

impl<'a> Run<'a> {
    pub async fn new(
        world: &'a World,
        stage: &'a Stage,
        operations: &'a BTreeMap<String, Operation>,
    ) -> Self {
        Self {
            world,
            stage,
            operations,
            nobodies: callers::nobodies(world, stage).await,
            sightings: Sightings::of(&stage.home.canaries),
            wrong: Mutex::default(),
        }
    }

    /// All lines, the last one when the others are over.
    pub async fn rows(&self, rows: &[Row<'_>]) {
        let (last, others) = rows.split_last().unwrap();
        let walks = stream::iter(others.iter().map(|row| self.row(row)));
        walks.buffer_unordered(AT_ONCE).collect::<()>().await;
        self.row(last).await;
    }

    /// All cells of a line: what changes something one after the other, all else at once.
    async fn row(&self, row: &Row<'_>) {
        for (method, name) in row.methods.iter().zip(row.operations()) {
            let operation = &self.operations[&name];
            let cell = |caller| Cell {
                row,
                method,
                operation,
                caller,
                refusal: row.refusal(caller),
            };
            self.nobodies(cell(Caller::Nobody)).await;
            let cells = Caller::ALL.map(cell).into_iter().skip(1);
            let (changing, rest): (Vec<_>, Vec<_>) = cells.partition(Cell::changes);
            join_all(rest.into_iter().map(|cell| self.cell(cell))).await;
            for cell in changing {
                self.cell(cell).await;
            }
        }
    }

    async fn cell(&self, cell: Cell<'_>) {
        let Cell { row, caller, .. } = cell;
        let which = if cell.changes() {
            Which::Fresh
        } else {
            Which::Standing
        };
        let request = self.request(cell, which).await;
        let mut who = callers::person(self.stage, caller).clone();
        if cell.changes() && ENDING.contains(&row.path) {
            who = callers::expendable(self.world, self.stage, caller).await;
        }
        let answer = self.send(cell, &request, &who, caller.word()).await;
        let Some(refusal) = cell.refusal else { return };
        let role = caller.role();
        let forbidden = refusal == 403 && role.is_some_and(|role| cell.operation.forbids(role));
        let again = if refusal == 401 || forbidden {
            // Told before anything is looked at.
            self.blind(cell).await
        } else if role.is_some_and(Role::is_admin) {
            return;
        } else {
            // Told as if there were nothing: whoever is no admin does not learn that there is.
            self.request(cell, Which::Nothing).await
        };
        let same = again.send(&who).await;
        if (same.status, &same.body) != (answer.status, &answer.body) {
            let why = format!("not as before: {}", answer.body);
            self.complain(cell, &again, caller.word(), &same, &why);
        }
    }

    async fn nobodies(&self, cell: Cell<'_>) {
        join_all(self.nobodies.iter().map(async |(what, person)| {
            let request = match cell.refusal {
                Some(401) => self.blind(cell).await,
                _ => self.request(cell, Which::Standing).await,
            };
            self.send(cell, &request, person, what).await;
        }))
        .await;
    }

    /// Sends it, by both doors where there are two, and looks at the answers.
    async fn send(&self, cell: Cell<'_>, request: &Request, who: &Person, what: &str) -> Answer {
        // What is not under `/api` is at the gateway's root.
        let at = if cell.row.path.starts_with("/.well-known") {
            &who.clone().at(&self.world.origin())
        } else {
            who
        };
        let answer = in_turn(cell, request, at).await;
        self.judge(cell, request, what, &answer);
        if cell.operation.by_key && !cell.changes() {
            let door = format!("{}/api", self.world.stack.url(Service::ExternalGateway));
            let answer = request.send(&who.clone().at(&door)).await;
            self.judge(cell, request, what, &answer);
        }
        answer
    }

    fn judge(&self, cell: Cell<'_>, request: &Request, what: &str, answer: &Answer) {
        let Cell { row, caller, .. } = cell;
        let place = format!("{} {}", request.method, request.target);
        self.sightings.look(caller, answer, &place);
        let status = answer.status.as_u16();
        let why = match cell.refusal {
            None if !answer.status.is_success() => "not well",
            None if row.is_empty(caller) && !is_empty(&answer.body) => "not empty",
            Some(refusal) if status != refusal => &format!("not {refusal}"),
            Some(422) if !names_a_field_of(row, &answer.body) => "which names another field",
            _ => return,
        };
        self.complain(cell, request, what, answer, why);
    }

    fn complain(&self, cell: Cell<'_>, request: &Request, what: &str, answer: &Answer, why: &str) {
        let Request { method, target, .. } = request;
        let (row, status, body) = (cell.row.name(), answer.status, &answer.body);
        let told = format!("[{row}] {what}: {method} {target} is {status} {body}, {why}");
        self.wrong.lock().unwrap().push(told);
    }

    async fn request(&self, cell: Cell<'_>, which: Which) -> Request {
        let mut things = self.things(cell, which);
        let request = cell.row.request(cell.method, cell.operation, &mut things);
        request.await
    }

    async fn blind(&self, cell: Cell<'_>) -> Request {
        let mut things = self.things(cell, Which::Nothing);
        let request = cell.row.blind(cell.method, cell.operation, &mut things);
        request.await
    }

    fn things(&self, cell: Cell<'_>, which: Which) -> Things<'a> {
        Things::new(self.world, self.stage, cell.caller, which)
    }

    /// Portal tokens and keys are nothing to a service, and portal tokens nothing to the external
    /// gateway, whatever they are good for at the gateway.
    pub async fn past_the_gateway(&self, rows: &[Row<'_>]) {
        let secret = rows
            .iter()
            .filter(|row| row.refusal(Caller::Nobody) == Some(401));
        for row in secret.filter(|row| row.fields().is_empty()) {
            for (method, name) in row.methods.iter().zip(row.operations()) {
                let operation = &self.operations[&name];
                let cell = |caller| Cell {
                    row,
                    method,
                    operation,
                    caller,
                    refusal: Some(401),
                };
                let doors = Service::ALL
                    .into_iter()
                    .filter(|door| *door != Service::Gateway);
                join_all(doors.map(async |door| {
                    self.knock(door, cell(Caller::Root)).await;
                    if !(door.is_door() && operation.by_key) {
                        self.knock(door, cell(Caller::Key)).await;
                    }
                }))
                .await;
            }
        }
    }

    async fn knock(&self, door: Service, cell: Cell<'_>) {
        let request = self.request(cell, Which::Standing).await;
        let who = callers::person(self.stage, cell.caller).clone();
        let answer = request.send(&who.at(&self.world.stack.url(door))).await;
        if ![401, 404].contains(&answer.status.as_u16()) {
            self.complain(cell, &request, door.name(), &answer, "past the gateway");
        }
    }

    /// All that was not as the tables say.
    pub fn finish(self) -> Vec<String> {
        let mut wrong = self.wrong.into_inner().unwrap();
        wrong.extend(self.sightings.wrong());
        wrong
    }
}

/// The answer, once a rebuild that another caller has begun is over.
async fn in_turn(cell: Cell<'_>, request: &Request, who: &Person) -> Answer {
    let answer = Mutex::new(request.send(who).await);
    if cell.changes() && answer.lock().unwrap().status == StatusCode::CONFLICT {
        eventually(async || {
            let next = request.send(who).await;
            let over = next.status != StatusCode::CONFLICT;
            *answer.lock().unwrap() = next;
            over
        })
        .await;
    }
    answer.into_inner().unwrap()
}

/// Is nothing but what the line sets found to be wrong?
fn names_a_field_of(row: &Row<'_>, body: &Value) -> bool {
    let fields = row.fields();
    let details = body["details"].as_object();
    let told = details.is_some_and(|details| details.keys().all(|key| fields.contains(key)));
    fields.is_empty() || told
}

/// A page, or a short list by its name, without a row.
fn is_empty(body: &Value) -> bool {
    let mut values = body
        .as_object()
        .into_iter()
        .flatten()
        .map(|(_, value)| value);
    let rows = values.find(|value| value.is_array());
    rows == Some(&json!([])) && body["total"].as_i64().unwrap_or(0) == 0
}
