//! Every operation of the API document, called at least once with what it takes and once with what
//! it does not: what is written here and what is documented cannot part.

mod accounts;
mod configuration;
mod external;
mod projects;
mod reports;
pub mod stage;
mod tickets;

use std::collections::BTreeSet;

use e2e::{Person, World};
use reqwest::Method;
use serde_json::Value;

use self::stage::Stage;
pub use self::stage::mailed_token;
use crate::input::is_envelope;

/// An id that nothing has.
const NOBODYS: &str = "999999999";

/// What stands for the path's parameters, `7` or `7/9`, and the query.
struct Target(String);

impl From<i64> for Target {
    fn from(id: i64) -> Self {
        Self(id.to_string())
    }
}

impl From<&str> for Target {
    fn from(target: &str) -> Self {
        Self(target.to_owned())
    }
}

impl From<String> for Target {
    fn from(target: String) -> Self {
        Self(target)
    }
}

/// A call, and the status of its answer.
struct Call {
    by: Person,
    target: Target,
    /// Null: none.
    body: Value,
    status: u16,
}

fn call(by: &Person, target: impl Into<Target>, body: Value, status: u16) -> Call {
    Call {
        by: by.clone(),
        target: target.into(),
        body,
        status,
    }
}

/// An operation with a good and a bad call. They are made in the order in which they stand.
struct Row {
    operation: &'static str,
    good: Call,
    bad: Call,
}

const fn row(operation: &'static str, good: Call, bad: Call) -> Row {
    Row {
        operation,
        good,
        bad,
    }
}

/// The operation's path for this target.
fn path(operation: &str, Target(target): &Target) -> String {
    let (_, template) = operation.split_once(' ').unwrap();
    let (ids, query) = target.split_once('?').unwrap_or((target, ""));
    let mut ids = ids.split('/');
    let mut path = String::new();
    for part in template.split('/').skip(1) {
        path.push('/');
        path.push_str(if part.starts_with('{') {
            ids.next().unwrap()
        } else {
            part
        });
    }
    if !query.is_empty() {
        path = format!("{path}?{query}");
    }
    path
}

impl Row {
    /// What the document says of the operation; its path with `/api` or without.
    fn documented<'a>(&self, document: &'a Value) -> &'a Value {
        let (method, path) = self.operation.split_once(' ').unwrap();
        let method = method.to_lowercase();
        let paths = &document["paths"];
        let outer = &paths[format!("/api{path}")][&method];
        let found = if outer.is_null() {
            &paths[path][&method]
        } else {
            outer
        };
        assert!(!found.is_null(), "{} is not documented", self.operation);
        found
    }

    async fn walk(&self, document: &Value) {
        let Self {
            operation,
            good,
            bad,
        } = self;
        assert!((200..300).contains(&good.status) && (400..500).contains(&bad.status));
        let responses = self.documented(document)["responses"].as_object().unwrap();
        let (method, _) = operation.split_once(' ').unwrap();
        for (call, kind) in [(good, "good"), (bad, "bad")] {
            let told = responses.contains_key(&call.status.to_string());
            assert!(told, "{operation}: {} is not documented", call.status);
            let method: Method = method.parse().unwrap();
            let body = (!call.body.is_null()).then(|| call.body.to_string());
            let target = path(operation, &call.target);
            let answer = call.by.send(method, &target, body).await;
            let what = format!("{kind} {operation}");
            if kind == "bad" {
                is_envelope(&answer, call.status, &what);
                continue;
            }
            assert_eq!(answer.status, call.status, "{what}: {}", answer.body);
            assert!(answer.headers.contains_key("x-request-id"), "{what}");
        }
    }
}

/// Operations that take nothing which could be bad: another method is refused.
async fn unconditional(world: &World) -> [&'static str; 3] {
    let stranger = world.stranger();
    for path in ["/openapi.json", "/docs"] {
        stranger.get(path).await.expect(200);
        let refused = stranger.send(Method::DELETE, path, None).await;
        is_envelope(&refused, 405, &format!("DELETE {path}"));
    }
    let keys = world.origin() + "/.well-known/jwks.json";
    let answer = reqwest::get(&keys).await.unwrap();
    assert_eq!(answer.status(), 200);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let refused = client.delete(&keys).send().await.unwrap();
    assert_eq!(refused.status(), 405);
    let body: Value = refused.json().await.unwrap();
    assert!(body["error"].is_string(), "{body}");
    [
        "GET /openapi.json",
        "GET /docs",
        "GET /.well-known/jwks.json",
    ]
}

fn documented(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api").unwrap_or(path);
        for method in item.as_object().unwrap().keys() {
            found.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    found
}

#[tokio::test]
async fn every_operation_takes_the_good_and_refuses_the_bad() {
    let world = World::start("operations").await;
    let stage = Stage::set(&world).await;
    let document = world.stranger().get("/openapi.json").await.expect(200);
    let mut walked: BTreeSet<String> = unconditional(&world).await.map(str::to_owned).into();
    for rows in [
        accounts::rows(&stage),
        tickets::rows(&stage),
        external::rows(&stage),
        configuration::rows(&stage),
        projects::rows(&stage),
        reports::rows(&stage),
    ] {
        for row in rows {
            row.walk(&document).await;
            walked.insert(row.operation.to_owned());
        }
    }
    let missing: Vec<String> = documented(&document).difference(&walked).cloned().collect();
    assert!(missing.is_empty(), "no row calls {missing:?}");
    world.stop().await;
}
