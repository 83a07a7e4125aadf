//! The notifier's end of auth's calls: it notes what it is handed and can refuse to take it.

use std::sync::{Arc, Mutex};

use auth::account_mails::{self, Post};
use axum::{
    Json, Router,
    extract::{FromRef, State},
    http::StatusCode,
    routing::post,
};
use desk_http::{Gatekeeper, ServiceCaller, client::Peer};
use serde_json::{Value, json};

use crate::desk::Auth;

pub const PUBLIC_URL: &str = "https://portal.test";

/// A listening end.
pub struct Letterbox {
    pub post: Post,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    mails: Vec<Value>,
    closed: bool,
}

#[derive(Clone)]
struct Room {
    gatekeeper: Gatekeeper,
    taken: Arc<Mutex<Taken>>,
}

impl FromRef<Room> for Gatekeeper {
    fn from_ref(room: &Room) -> Self {
        room.gatekeeper.clone()
    }
}

impl Letterbox {
    pub async fn open(auth: &Auth) -> Self {
        let taken = Arc::default();
        let room = Room {
            gatekeeper: auth.keys.gatekeeper("notifier"),
            taken: Arc::clone(&taken),
        };
        let router = Router::new()
            .route("/internal/account-mails", post(take))
            .with_state(room);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        let issuer = auth.keys.issuer("auth");
        let post = Post {
            notifier: Peer::new("notifier", &url, issuer, auth.keys.clock.clone()).unwrap(),
            public_url: PUBLIC_URL.into(),
        };
        Self { post, taken }
    }

    /// Answers 503 from now on, or no more.
    pub fn close(&self, closed: bool) {
        self.taken.lock().unwrap().closed = closed;
    }

    /// Has what is due handed over; answers everything taken since the last time.
    pub async fn collect(&self, auth: &Auth) -> Vec<Value> {
        account_mails::once(&auth.app, &self.post).await.unwrap();
        std::mem::take(&mut self.taken.lock().unwrap().mails)
    }

    /// The token of the one mail that is due.
    pub async fn token(&self, auth: &Auth) -> String {
        let mails = self.collect(auth).await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        token_in(&mails[0])
    }
}

/// The token of a mail's link.
pub fn token_in(mail: &Value) -> String {
    let link = mail["link"].as_str().unwrap();
    link.split_once("?token=").unwrap().1.to_owned()
}

async fn take(
    State(room): State<Room>,
    ServiceCaller(caller): ServiceCaller,
    Json(mail): Json<Value>,
) -> (StatusCode, Json<Value>) {
    assert_eq!(caller, "auth");
    let mut taken = room.taken.lock().unwrap();
    if taken.closed {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({})));
    }
    taken.mails.push(mail);
    (StatusCode::ACCEPTED, Json(json!({"message": "Taken"})))
}
