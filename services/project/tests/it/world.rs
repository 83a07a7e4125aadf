//! A project service of the test's own, with people, a clock and a small auth beside it.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use desk_bus::{
    Consumer,
    reconcile::{OwnerSettings, Owners, Reconciler},
};
use desk_events::{Role, UserState};
use desk_http::{Clock, client::Peer};
use desk_replica::{Replica, UserRecord};
use desk_testkit::{Client, Desk, Keys};
use project::{App, MIGRATOR, router, start_consumers};
use serde_json::{Value, json};
use sqlx::{PgPool, Row, postgres::PgRow};
use tokio::sync::Mutex;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The pepper of a service that nothing else is asked of.
pub const PEPPER: &str = "2026:pepper-of-this-test-alone";
/// The admin who does what no other person is named for.
pub const ADMIN: i64 = 1;

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Accounts that auth knows and no event has told of.
type Accounts = Arc<Mutex<HashMap<i64, UserRecord>>>;

/// One project service.
pub struct World {
    /// Who calls it.
    pub desk: Desk,
    /// Its database.
    pub db: PgPool,
    /// Its clock.
    pub clock: Clock,
    keys: Keys,
    app: App,
    accounts: Accounts,
}

impl World {
    /// A service on an empty database.
    pub async fn start() -> Self {
        let migrators = [&desk_bus::MIGRATOR, &desk_replica::MIGRATOR, &MIGRATOR];
        let db = desk_testkit::database("project", &migrators).await;
        let keys = Keys::new();
        let accounts = Accounts::default();
        let auth_url = serve_auth(Arc::clone(&accounts)).await;
        let app = App {
            replica: replica(&db, &keys, &auth_url),
            bus: desk_testkit::bus("project").await,
            clock: keys.clock.clone(),
            gatekeeper: keys.gatekeeper("project"),
            peppers: PEPPER.parse().unwrap(),
            db: db.clone(),
        };
        let desk = Desk::new(router(app.clone()), keys.clone(), "project");
        Self {
            desk,
            db,
            clock: keys.clock.clone(),
            keys,
            app,
            accounts,
        }
    }

    /// The same service after a restart with other peppers.
    pub fn with_peppers(&self, peppers: &str) -> Desk {
        let app = App {
            peppers: peppers.parse().unwrap(),
            ..self.app.clone()
        };
        Desk::new(router(app), self.keys.clone(), "project")
    }

    /// The same service while auth is down.
    pub fn without_auth(&self) -> Desk {
        let replica = replica(&self.db, &self.keys, NOWHERE);
        let app = App {
            replica,
            ..self.app.clone()
        };
        Desk::new(router(app), self.keys.clone(), "project")
    }

    /// Starts relay and consumer; they stop with the guard.
    pub fn start_bus(&self) -> DropGuard {
        let stop = CancellationToken::new();
        start_consumers(&self.app, &stop);
        stop.drop_guard()
    }

    /// Compares the copies with owners that this service plays itself: whatever it hears here went
    /// through its own outbox.
    pub async fn reconciler(&self) -> Reconciler<impl Consumer + use<>> {
        let settings = OwnerSettings {
            auth_url: self.play("auth").await,
            project_url: NOWHERE.to_owned(),
            ticket_url: self.play("ticket").await,
            sla_worker_url: NOWHERE.to_owned(),
        };
        let owners = Owners::new(&settings, &self.keys.issuer("project"), &self.clock);
        project::reconciler(&self.app, &owners).unwrap()
    }

    async fn play(&self, owner: &'static str) -> String {
        let app = App {
            gatekeeper: self.keys.gatekeeper(owner),
            ..self.app.clone()
        };
        serve(router(app)).await
    }

    /// An admin.
    pub fn admin(&self) -> Client {
        self.desk.user(ADMIN, Role::Admin)
    }

    /// Another service.
    pub fn gateway(&self) -> Client {
        self.desk.service("external-gateway")
    }

    /// An account that events have told of, active and named after its role.
    pub async fn person(&self, id: i64, role: Role) -> Client {
        self.copied(&account(id, role), 1).await;
        self.desk.user(id, role)
    }

    /// What events have told of an account.
    pub async fn copied(&self, user: &UserState, sequence: i64) {
        sqlx::query(
            "insert into replica_users (id, name, email, role, is_active, deleted, sequence)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (id) do update set name = $2, email = $3, role = $4, is_active = $5,
                                            deleted = $6, sequence = $7",
        )
        .bind(user.id)
        .bind(&user.name)
        .bind(&user.email)
        .bind(user.role.as_str())
        .bind(user.is_active)
        .bind(user.deleted)
        .bind(sequence)
        .execute(&self.db)
        .await
        .unwrap();
    }

    /// An account that only auth knows yet.
    pub async fn only_auth_knows(&self, user: UserState) {
        self.accounts
            .lock()
            .await
            .insert(user.id, UserRecord { user, sequence: 1 });
    }

    /// Makes a project; answers its id.
    pub async fn project(&self, name: &str) -> i64 {
        let made = self
            .admin()
            .post("/admin/projects", json!({ "name": name }))
            .await
            .expect(201);
        made["project"]["id"].as_i64().unwrap()
    }

    /// Makes an agent of a project.
    pub async fn assign(&self, project: i64, user: i64) {
        let body = json!({ "user_id": user });
        self.admin()
            .post(&format!("/admin/projects/{project}/agents"), body)
            .await
            .expect(201);
    }

    /// Makes a key; answers it as it was shown.
    pub async fn key(&self, project: i64, mut body: Value) -> Value {
        body["name"] = json!("Production Key");
        self.admin()
            .post(&format!("/admin/projects/{project}/api-keys"), body)
            .await
            .expect(201)
    }

    /// Everything said so far, oldest first: type, aggregate, sequence, payload.
    pub async fn said(&self) -> Vec<(String, String, i64, Value)> {
        let row = |row: PgRow| {
            let aggregate = format!("{}:{}", row.get::<String, _>(1), row.get::<i64, _>(2));
            (row.get(0), aggregate, row.get(3), row.get(4))
        };
        sqlx::query(
            "select type, aggregate_kind, aggregate_id, sequence, payload from outbox
             where type <> 'audit.recorded' order by seq",
        )
        .fetch_all(&self.db)
        .await
        .unwrap()
        .into_iter()
        .map(row)
        .collect()
    }

    /// How many rows a table has.
    pub async fn rows(&self, table: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query_scalar(sql).fetch_one(&self.db).await.unwrap()
    }
}

fn replica(db: &PgPool, keys: &Keys, auth_url: &str) -> Replica {
    let peer =
        |name, url| Peer::new(name, url, keys.issuer("project"), keys.clock.clone()).unwrap();
    Replica::new(db.clone(), peer("auth", auth_url), peer("project", NOWHERE))
}

/// An active account.
pub fn account(id: i64, role: Role) -> UserState {
    UserState {
        id,
        name: format!("{role} {id}"),
        email: format!("{role}{id}@example.com"),
        role,
        is_active: true,
        email_verified_at: None,
        deleted: false,
    }
}

async fn serve_auth(accounts: Accounts) -> String {
    async fn user(
        State(accounts): State<Accounts>,
        Path(id): Path<i64>,
    ) -> Result<Json<UserRecord>, StatusCode> {
        accounts
            .lock()
            .await
            .get(&id)
            .cloned()
            .map(Json)
            .ok_or(StatusCode::NOT_FOUND)
    }
    let routes = Router::new()
        .route("/internal/users/{id}", get(user))
        .with_state(accounts);
    serve(routes).await
}

async fn serve(routes: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}
