//! The service under test, and the small things that many tests do with it.

use std::sync::Arc;

use argon2::Params;
use auth::{
    App, Passwords, Tokens,
    account_mails::Bell,
    settings::{Lifetimes, Limits},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use desk_http::client::Peer;
use desk_identity::{Clock, Role, SigningKey};
use desk_testkit::{Answer, Client, Desk, Keys};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

/// Everybody's password, unless a test is about passwords.
pub const PASSWORD: &str = "password";

/// Limits that no test reaches by accident.
pub const ROOMY: Limits = Limits {
    login_failures_per_account_and_address: 1_000,
    login_failures_per_address: 1_000,
    login_failures_per_account: 1_000,
    registrations_per_hour: 1_000,
    forgotten_passwords_per_hour: 1_000,
    account_mails_per_hour: 1_000,
};

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Auth with a clock that the test moves. Internal tokens live by a clock of their own, so that
/// moving it does not sign anybody out.
pub struct Auth {
    pub app: App,
    pub desk: Desk,
    pub db: PgPool,
    pub clock: Clock,
    pub keys: Keys,
    /// Seed of the portal key `k1`.
    pub seed: String,
}

impl Auth {
    pub async fn start() -> Self {
        Self::with_limits(ROOMY).await
    }

    pub async fn with_limits(limits: Limits) -> Self {
        Self::with(limits, cheap_passwords()).await
    }

    pub async fn with(limits: Limits, passwords: Passwords) -> Self {
        Self::build(limits, passwords, NOWHERE).await
    }

    /// With a ticket service that answers there.
    pub async fn with_ticket(url: &str) -> Self {
        Self::build(ROOMY, cheap_passwords(), url).await
    }

    async fn build(limits: Limits, passwords: Passwords, ticket: &str) -> Self {
        let migrators = [
            &desk_bus::MIGRATOR,
            &desk_replica::MIGRATOR,
            &auth::MIGRATOR,
        ];
        let db = desk_testkit::database("auth", &migrators).await;
        let keys = Keys::new();
        let clock = Clock::system();
        let seed = SigningKey::generate().unwrap().to_setting();
        let app = App {
            db: db.clone(),
            bus: desk_testkit::bus("auth").await,
            clock: clock.clone(),
            gatekeeper: keys.gatekeeper("auth"),
            tokens: tokens(&format!("k1:{seed}")),
            passwords,
            limits,
            bell: Bell::default(),
            ticket: Peer::new("ticket", ticket, keys.issuer("auth"), keys.clock.clone()).unwrap(),
        };
        let desk = Desk::new(auth::router(app.clone()), keys.clone(), "auth");
        Self {
            app,
            desk,
            db,
            clock,
            keys,
            seed,
        }
    }

    /// An admin who is nobody's test object.
    pub fn admin(&self) -> Client {
        self.desk.user(900_001, Role::Admin)
    }

    /// A super admin who is nobody's test object.
    pub fn super_admin(&self) -> Client {
        self.desk.user(900_002, Role::SuperAdmin)
    }

    /// Makes an account with [`PASSWORD`]; answers its id.
    pub async fn person(&self, email: &str, role: Role) -> i64 {
        let made = if role == Role::SuperAdmin {
            Role::Admin
        } else {
            role
        };
        let body = json!({"name": "Some One", "email": email, "password": PASSWORD, "role": made});
        let id = id_of(&self.admin().post("/admin/users", body).await.expect(201));
        if role == Role::SuperAdmin {
            // As the start-up environment would have made it.
            self.sql(&format!(
                "update users set role = 'super_admin' where id = {id}"
            ))
            .await;
        }
        id
    }

    pub async fn try_login(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.desk.anonymous().post("/auth/login", body).await
    }

    /// Signs in with [`PASSWORD`]; answers the portal token.
    pub async fn login(&self, email: &str) -> String {
        token_of(&self.try_login(email, PASSWORD).await.expect(200))
    }

    /// What the gateway does with a portal token on refresh and logout.
    pub async fn present(&self, path: &str, token: &str) -> Answer {
        let client = self.desk.anonymous().with_header("x-portal-token", token);
        client.post(path, json!({})).await
    }

    /// Refreshes; answers the new token.
    pub async fn refresh(&self, token: &str) -> String {
        token_of(&self.present("/auth/refresh", token).await.expect(200))
    }

    /// The account, signed in with a token of its own.
    pub fn as_holder(&self, token: &str) -> Client {
        let claims = claims(token);
        let role = serde_json::from_value(claims["role"].clone()).unwrap();
        let id = claims["sub"].as_str().unwrap().parse().unwrap();
        self.desk.session(id, role, claims["sid"].as_i64().unwrap())
    }

    /// All living revocations, as a gateway reads them.
    pub async fn revocations(&self) -> Value {
        self.desk
            .service("gateway")
            .get("/internal/revocations")
            .await
            .expect(200)
    }

    /// Whether a gateway refuses the token, as the revocations' documentation says.
    pub async fn is_revoked(&self, token: &str) -> bool {
        let claims = claims(token);
        let revocations = self.revocations().await;
        revocations["revocations"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| match one["kind"].as_str() {
                Some("token") => one["jti"] == claims["jti"],
                Some("session") => one["sid"] == claims["sid"],
                Some("user") => {
                    one["user_id"].as_i64() == claims["sub"].as_str().unwrap().parse().ok()
                        && claims["gen"].as_i64() < one["generation"].as_i64()
                        && one.get("exempt_sid") != Some(&claims["sid"])
                }
                other => panic!("{other:?}"),
            })
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub async fn sql(&self, statement: &str) {
        sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
            .execute(&self.db)
            .await
            .unwrap();
    }

    pub async fn count(&self, query: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(query.to_owned()))
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    /// What was said of an account: type, sequence, payload.
    pub async fn events(&self, id: i64) -> Vec<(String, i64, Value)> {
        sqlx::query_as(
            "select type, sequence, payload from outbox
             where aggregate_kind = 'user' and aggregate_id = $1 order by seq",
        )
        .bind(id)
        .fetch_all(&self.db)
        .await
        .unwrap()
    }

    /// The types of [`Auth::events`].
    pub async fn said(&self, id: i64) -> Vec<String> {
        self.events(id)
            .await
            .into_iter()
            .map(|(kind, ..)| kind)
            .collect()
    }
}

pub fn tokens(keys: &str) -> Arc<Tokens> {
    let lifetimes = Lifetimes {
        token_minutes: 60,
        refresh_minutes: 20_160,
    };
    Arc::new(Tokens::new(&keys.to_owned().into(), lifetimes).unwrap())
}

pub fn cheap_passwords() -> Passwords {
    Passwords::new(Params::new(8, 1, 1, None).unwrap(), 4, 200).unwrap()
}

pub fn id_of(answer: &Value) -> i64 {
    answer["user"]["id"].as_i64().unwrap()
}

pub fn token_of(answer: &Value) -> String {
    answer["access_token"].as_str().unwrap().to_owned()
}

/// What a token says.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The names of the fields of an object, sorted.
pub fn fields(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// The bad fields of a 422.
pub fn bad_fields(answer: Answer) -> Vec<String> {
    let body = answer.expect(422);
    assert_eq!(body["error"], "Validation failed.");
    fields(&body["details"])
        .into_iter()
        .map(str::to_owned)
        .collect()
}
