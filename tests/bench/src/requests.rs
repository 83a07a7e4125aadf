//! What the load generator sends: creates with keys, reads with a token.

use anyhow::Result;
use e2e::Key;
use http_body_util::Full;
use hyper::{
    Method, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use serde_json::{Value, json};

use crate::{
    load::Call,
    scale::{CUSTOMERS, Point},
};

/// Spreads consecutive numbers, so that no connection follows another's.
const STRIDE: u64 = 7_919;

/// `POST /api/external/tickets`, a customer and a project in turn.
#[derive(Debug, Clone)]
pub struct Creates {
    /// A key a project.
    pub keys: Vec<Key>,
    /// How many of the projects, and whether with idempotency keys.
    pub point: Point,
    /// Keeps the idempotency keys of runs apart.
    pub run: u64,
}

impl Creates {
    /// What a create is answered with.
    pub const CREATED: StatusCode = StatusCode::CREATED;

    /// The n-th create of a connection.
    ///
    /// # Errors
    /// When a key is no header.
    pub fn call(&self, connection: usize, turn: u64) -> Result<Call> {
        let number = number(connection, turn);
        let key = &self.keys[self.key_of(connection, turn)?];
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/api/external/tickets")
            .header(HOST, "localhost")
            .header(CONTENT_TYPE, "application/json")
            .header("x-api-key", &key.api_key)
            .header("x-api-secret", &key.api_secret);
        if self.point.keyed {
            let word = format!("bench-{}-{connection}-{turn}", self.run);
            request = request.header("idempotency-key", word);
        }
        let body = body(number * STRIDE % CUSTOMERS, number);
        Ok(request.body(Full::new(body.into()))?)
    }

    /// Whose turn that is, by the place among the keys.
    ///
    /// # Errors
    /// Never: there are fewer keys than numbers.
    pub fn key_of(&self, connection: usize, turn: u64) -> Result<usize> {
        let projects = self.point.projects.min(self.keys.len() as u64).max(1);
        Ok(usize::try_from(number(connection, turn) % projects)?)
    }
}

fn number(connection: usize, turn: u64) -> u64 {
    turn + STRIDE * (connection as u64 + 1)
}

/// About 400 bytes, as a form on a web page sends them.
fn body(customer: u64, number: u64) -> String {
    json!({
        "customer_name": format!("Customer {customer}"),
        "customer_email": format!("customer{customer}@bench.example"),
        "customer_phone": "+2348030000000",
        "customer_id": customer.to_string(),
        "subject": format!("Photo upload fails in survey {number}"),
        "description": "The form answers with an error after the third picture, on the phone and \
                        on the computer, and the pictures taken before are gone when the page is \
                        opened again. It worked until last week.",
        "priority": "medium",
        "metadata": {"page": format!("/surveys/{number}"), "build": 1041},
    })
    .to_string()
}

/// A `GET` with a bearer token.
///
/// # Errors
/// When path or token are none.
pub fn get(path: &str, token: &str) -> Result<Call> {
    let request = Request::get(path)
        .header(HOST, "localhost")
        .header(AUTHORIZATION, format!("Bearer {token}"));
    Ok(request.body(Full::default())?)
}

/// A write with a bearer token and a body of JSON.
///
/// # Errors
/// When path or token are none.
pub fn write(method: Method, path: &str, token: &str, body: &Value) -> Result<Call> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .header(AUTHORIZATION, format!("Bearer {token}"));
    Ok(request.body(Full::new(body.to_string().into()))?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn creates(point: Point) -> Creates {
        let key = |n: u64| Key {
            api_key: format!("sk_{n}"),
            api_secret: "ss".into(),
        };
        Creates {
            keys: (0..20).map(key).collect(),
            point,
            run: 1,
        }
    }

    fn header(creates: &Creates, turn: u64, name: &str) -> Option<String> {
        let call = creates.call(1, turn).unwrap();
        let value = call.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_body_is_of_a_usual_size() {
        assert!(
            (380..520).contains(&body(999, 1_000_000).len()),
            "{}",
            body(999, 1_000_000).len()
        );
    }

    #[test]
    fn projects_take_turns() {
        let keys = |point| {
            let creates = creates(point);
            let keys = (0..40).filter_map(|turn| header(&creates, turn, "x-api-key"));
            keys.collect::<BTreeSet<_>>().len()
        };
        assert_eq!(keys(Point::new(8)), 20);
        let single = Point {
            projects: 1,
            ..Point::new(8)
        };
        assert_eq!(keys(single), 1);
    }

    #[test]
    fn customers_are_spread() {
        let customers: BTreeSet<u64> = (0..CUSTOMERS).map(|n| n * STRIDE % CUSTOMERS).collect();
        assert_eq!(customers.len() as u64, CUSTOMERS);
    }

    #[test]
    fn idempotency_keys_are_sent_where_wanted_and_never_twice() {
        let keyed = creates(Point {
            keyed: true,
            ..Point::new(8)
        });
        assert_ne!(
            header(&keyed, 1, "idempotency-key"),
            header(&keyed, 2, "idempotency-key")
        );
        assert_eq!(header(&creates(Point::new(8)), 1, "idempotency-key"), None);
    }
}
