//! One trace from the edge to every consumer, as a collector gets it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use desk_testkit::eventually_within;
use e2e::{Person, World};
use serde_json::json;
use tokio::net::TcpListener;
use xtask::service::Service;

use crate::collector::{Collector, Span};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const LOGIN: &str = "0af7651916cd43dd8448eb211c80319c";
const REPLY: &str = "5b8aa5a2d2c872e8321cf37308d69df2";
const CLIENT: &str = "00f067aa0ba902b7";
const PATIENCE: Duration = Duration::from_secs(30);

const STEP: i32 = 1;
const SERVER: i32 = 2;
const CALLER: i32 = 3;
const PRODUCER: i32 = 4;
const CONSUMER: i32 = 5;

/// A desk that sends its traces there, soon.
fn plan(name: &str, endpoint: &str) -> xtask::stack::Plan {
    let mut plan = World::plan(name);
    for (setting, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=desk"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    ] {
        plan.common.insert(setting.into(), value.into());
    }
    plan
}

/// The spans of one trace.
struct Trace(Vec<Span>);

impl Trace {
    fn of(collector: &Collector, trace: &str) -> Self {
        let mut spans = collector.spans();
        spans.retain(|span| span.trace == trace);
        Self(spans)
    }

    fn find(&self, service: &str, kind: i32, name: &str) -> Option<&Span> {
        self.0
            .iter()
            .find(|span| span.service == service && span.kind == kind && span.name == name)
    }

    /// The one whose id is the span's parent.
    fn parent(&self, span: &Span) -> &Span {
        let parent = self.0.iter().find(|other| other.id == span.parent);
        assert!(parent.is_some(), "{span:?} has no parent here");
        parent.unwrap()
    }

    /// Names of services and spans from there up to the root.
    fn way(&self, span: &Span) -> Vec<String> {
        let mut way = vec![format!("{}: {}", span.service, span.name)];
        let mut at = span;
        while at.parent != CLIENT {
            at = self.parent(at);
            way.push(format!("{}: {}", at.service, at.name));
        }
        way
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_goes_from_the_edge_to_every_consumer() {
    let collector = Collector::start().await;
    let world = World::from_plan(plan("traces", &collector.url)).await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let caller = world
        .key(&project.key)
        .with_header("traceparent", &format!("00-{TRACE}-{CLIENT}-01"));
    let ticket = json!({
        "customer_name": "Tunde", "customer_email": "tunde@mail.test",
        "subject": "Canary subject", "description": "Canary words", "priority": "high",
    });
    caller
        .post("/external/tickets?secret=canary", ticket)
        .await
        .expect(201);

    let consumers = [
        ("reporting", "reporting"),
        ("sla-worker", "sla-worker"),
        ("notifier", "notifier"),
    ];
    eventually_within(PATIENCE, || async {
        let trace = Trace::of(&collector, TRACE);
        let heard = consumers.iter().all(|(service, _)| {
            trace
                .0
                .iter()
                .any(|span| span.service == *service && span.kind == CONSUMER)
        });
        heard
            && trace
                .find("gateway", SERVER, "POST /api/external/{*path}")
                .is_some()
            && trace
                .find("ticket", PRODUCER, "send ticket.created")
                .is_some()
    })
    .await;

    let trace = Trace::of(&collector, TRACE);
    let created = trace
        .find("ticket", PRODUCER, "send ticket.created")
        .unwrap();
    let way = [
        "ticket: send ticket.created",
        "ticket: POST /external/tickets",
        "external-gateway: POST",
        "external-gateway: POST /",
        "gateway: POST",
        "gateway: POST /api/external/{*path}",
    ];
    let gone = trace.way(created);
    assert_eq!(gone.len(), way.len(), "{gone:#?}");
    for (step, begins) in gone.iter().zip(way) {
        assert!(step.starts_with(begins), "{gone:#?}");
    }
    let filed = trace.parent(created);
    assert_eq!(
        (filed.kind, filed.attribute("http.route")),
        (SERVER, "/external/tickets")
    );
    assert_eq!(filed.attribute("http.response.status_code"), "201");
    assert!(
        trace.0.iter().any(|span| {
            span.parent == filed.id && span.attribute("db.system.name") == "postgresql"
        }),
        "no statement of ticket's"
    );
    for (service, consumer) in consumers {
        let heard: Vec<&Span> = trace
            .0
            .iter()
            .filter(|span| span.service == service && span.kind == CONSUMER)
            .collect();
        let told = heard.iter().find(|span| {
            span.parent == created.id || span.links.iter().any(|(_, id)| *id == created.id)
        });
        let told = told.unwrap_or_else(|| panic!("{service} did not hear: {heard:#?}"));
        assert_eq!(told.attribute("messaging.consumer.group.name"), consumer);
        assert_eq!(told.attribute("messaging.system"), "nats");
        assert!(
            trace.0.iter().any(|span| {
                span.parent == told.id && span.attribute("db.system.name") == "postgresql"
            }),
            "no statement of {service}'s"
        );
    }
    // The account that auth makes of the customer is told in the same trace.
    eventually_within(PATIENCE, || async {
        let trace = Trace::of(&collector, TRACE);
        let said = trace.find("auth", PRODUCER, "send user.created");
        said.is_some_and(|said| trace.way(said).last().unwrap().starts_with("gateway: "))
    })
    .await;
    // Verifying the key is part of it.
    let trace = Trace::of(&collector, TRACE);
    let asked = trace
        .0
        .iter()
        .find(|span| span.service == "project" && span.kind == SERVER)
        .unwrap();
    assert_eq!(trace.parent(asked).kind, CALLER);

    // What takes its time without a call or a statement is a step of the request.
    let visitor = world
        .stranger()
        .with_header("traceparent", &format!("00-{LOGIN}-{CLIENT}-01"));
    let credentials = json!({"email": "super@support.local", "password": "password"});
    visitor.post("/auth/login", credentials).await.expect(200);
    eventually_within(PATIENCE, || async {
        let trace = Trace::of(&collector, LOGIN);
        trace.find("auth", STEP, "argon2").is_some()
            && trace.find("auth", SERVER, "POST /auth/login").is_some()
    })
    .await;
    let trace = Trace::of(&collector, LOGIN);
    let hashed = trace.find("auth", STEP, "argon2").unwrap();
    assert_eq!(trace.parent(hashed).name, "POST /auth/login");

    a_mail_goes_on_with_its_reply(&root, &collector).await;

    let text = collector.text();
    for word in [
        "tunde@mail.test",
        "Canary",
        "canary",
        &project.key.api_secret,
    ] {
        assert!(!text.contains(word), "{word} is in a trace");
    }
    let tenants = collector.header("x-tenant");
    assert!(tenants.iter().all(|tenant| tenant == "desk"), "{tenants:?}");
    world.stop().await;
}

/// What is told by mail is part of the trace of what it tells.
async fn a_mail_goes_on_with_its_reply(root: &Person, collector: &Collector) {
    let list = root.get("/tickets").await.expect(200);
    let path = format!("/tickets/{}/messages", list["data"][0]["id"]);
    let agent = root
        .clone()
        .with_header("traceparent", &format!("00-{REPLY}-{CLIENT}-01"));
    let reply = json!({"body": "Canary answer"});
    agent.post(&path, reply).await.expect(201);
    eventually_within(PATIENCE, || async {
        let trace = Trace::of(collector, REPLY);
        trace.find("notifier", STEP, "send mail").is_some()
            && trace
                .find("ticket", PRODUCER, "send message.added")
                .is_some()
    })
    .await;
    let trace = Trace::of(collector, REPLY);
    let mail = trace.find("notifier", STEP, "send mail").unwrap();
    assert_eq!(trace.parent(mail).name, "send message.added");
    assert_eq!(mail.attribute("mail.kind"), "reply");
    assert_eq!(mail.attribute("mail.outcome"), "sent");
    let handed_over = trace.find("notifier", STEP, "mail transport").unwrap();
    assert_eq!(trace.parent(handed_over).id, mail.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_several_requests_is_linked_to_each() {
    let collector = Collector::start().await;
    let mut world = World::from_plan(plan("links", &collector.url)).await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    world.stack.kill(Service::Reporting).await;
    let caller = world.key(&project.key);
    for customer in 0..3 {
        let ticket = json!({
            "customer_name": "Tunde", "customer_email": format!("t{customer}@mail.test"),
            "subject": "S", "description": "D", "priority": "high",
        });
        caller.post("/external/tickets", ticket).await.expect(201);
    }
    eventually_within(PATIENCE, || e2e::stream::is_published(&world)).await;
    world.stack.restart(Service::Reporting).await.unwrap();
    eventually_within(PATIENCE, || async {
        let spans = collector.spans();
        let sent: BTreeMap<&str, &str> = spans
            .iter()
            .filter(|span| span.name == "send ticket.created")
            .map(|span| (span.id.as_str(), span.trace.as_str()))
            .collect();
        sent.len() == 3
            && spans.iter().any(|span| {
                span.service == "reporting"
                    && span.kind == CONSUMER
                    && span.parent.is_empty()
                    && sent.iter().all(|(id, trace)| {
                        span.links
                            .iter()
                            .any(|link| link.0 == **trace && link.1 == **id)
                    })
            })
    })
    .await;
    world.stop().await;
}

/// One that takes no connection, and one that takes them and never answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_costs_a_warning() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = (silent.local_addr().unwrap(), silent);
    let mut plan = plan("away", "http://127.0.0.1:9");
    let endpoint = format!("http://{}", silent.0);
    plan = plan.with(Service::Ticket, "OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
    let mut world = World::from_plan(plan).await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let ticket = json!({
        "customer_name": "Tunde", "customer_email": "tunde@mail.test",
        "subject": "S", "description": "D", "priority": "high",
    });
    let caller = world.key(&project.key);
    caller.post("/external/tickets", ticket).await.expect(201);
    let log = world.stack.log(Service::Gateway);
    let warnings = || {
        let text = std::fs::read_to_string(&log).unwrap();
        text.matches("traces are not sent").count()
    };
    eventually_within(PATIENCE, || async { warnings() > 0 }).await;
    root.get("/tickets").await.expect(200);
    assert_eq!(warnings(), 1, "the warning is not said again and again");
    let stopped = Instant::now();
    world.stack.stop().await;
    assert!(stopped.elapsed() < Duration::from_secs(15));
    world.stop().await;
}
