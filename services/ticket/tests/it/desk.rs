//! A desk with two projects and a person per role.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{Json, Router, extract::Path, http::StatusCode, routing::get};
use desk_bus::{
    Bus, BusSettings, Consumer, outbox,
    reconcile::{OwnerSettings, Owners, Reconciler},
};
use desk_events::{
    Aggregate, AggregateKind, Fact, MembershipState, NewEvent, ProjectState, Role, UserState,
};
use desk_http::client::Peer;
use desk_replica::{MembershipRecord, ProjectRecord, Replica, UserRecord};
use desk_testkit::{Client, Keys};
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;
use ticket::{
    App, Batches, FileSettings, FrequentSearches, KnownConfiguration, PurgeSettings, Purged,
};
use time::{Duration, OffsetDateTime};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub const SUPER: i64 = 1;
pub const ADMIN: i64 = 2;
/// Agent of [`NAIJA`].
pub const AGENT: i64 = 3;
/// Agent of [`AGRI`].
pub const OTHER_AGENT: i64 = 4;
/// Verified, tunde@example.com.
pub const TUNDE: i64 = 5;
/// Not verified, ada@example.com.
pub const ADA: i64 = 6;
/// Known to auth and project alone: no event has come yet.
pub const NEWCOMER: i64 = 7;

pub const NAIJA: i64 = 1;
pub const AGRI: i64 = 2;
pub const DISABLED: i64 = 3;
/// Known to project alone, with [`NEWCOMER`] as its agent.
pub const FRESH: i64 = 4;

pub const KEY: i64 = 11;

/// The service under test, and its world.
pub struct Desk {
    kit: desk_testkit::Desk,
    keys: Keys,
    bus: BusSettings,
    app: App,
    pub db: PgPool,
    /// Where the files lie.
    pub folder: TempDir,
    /// Tokens of before the clock was moved are over.
    epoch: AtomicI64,
    stop: CancellationToken,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Desk {
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let files = FileSettings {
            files_folder: folder.path().join("files"),
            s3_bucket: None,
            s3_endpoint: None,
            s3_region: String::new(),
            s3_access_key_id: None,
            s3_secret_access_key: None,
        };
        Self::with_files(folder, &files).await
    }

    /// With another store of files.
    pub async fn with_files(folder: TempDir, files: &FileSettings) -> Self {
        let db = desk_testkit::database("ticket", &ticket::MIGRATORS).await;
        let keys = Keys::new();
        let bus = desk_testkit::bus_settings();
        let owners = owners().await;
        let peer = |name| Peer::new(name, &owners, keys.issuer("ticket"), keys.clock.clone());
        let app = App {
            db: db.clone(),
            bus: Bus::connect(&bus, "ticket").await.unwrap(),
            clock: keys.clock.clone(),
            replica: Replica::new(db.clone(), peer("auth").unwrap(), peer("project").unwrap()),
            gatekeeper: keys.gatekeeper("ticket"),
            configuration: KnownConfiguration::default(),
            batches: Batches::default(),
            frequent: FrequentSearches::default(),
            files: files.open().unwrap(),
            purge: PurgeSettings::default(),
        };
        let kit = desk_testkit::Desk::new(ticket::router(app.clone()), keys.clone(), "ticket");
        let desk = Self {
            kit,
            keys,
            bus,
            app,
            db,
            folder,
            epoch: AtomicI64::new(1),
            stop: CancellationToken::new(),
        };
        desk.know_everybody().await;
        desk
    }

    /// Starts relay, consumer and upkeep.
    pub fn run(&self) {
        drop(self.start_replica());
    }

    /// The same, to be aborted.
    pub fn start_replica(&self) -> Vec<JoinHandle<()>> {
        ticket::start_consumers(&self.app, &self.stop)
    }

    /// What `ticket purge` does, or would do.
    pub async fn purge(&self, dry_run: bool) -> Purged {
        ticket::purge(&self.app, dry_run).await.unwrap()
    }

    /// Compares what is kept here with owners that this service plays itself, with its own outbox.
    pub async fn reconciler(&self) -> Reconciler<impl Consumer + use<>> {
        let settings = OwnerSettings {
            auth_url: self.play("auth").await,
            project_url: self.play("project").await,
            ticket_url: String::new(),
            sla_worker_url: self.play("sla-worker").await,
        };
        let owners = Owners::new(&settings, &self.keys.issuer("ticket"), &self.keys.clock);
        ticket::reconciler(&self.app, &owners).unwrap()
    }

    async fn play(&self, owner: &'static str) -> String {
        let mut app = self.app.clone();
        app.gatekeeper = self.keys.gatekeeper(owner);
        serve(ticket::router(app)).await
    }

    /// Says things by this service's own outbox, as if another's.
    pub async fn say_here(&self, facts: Vec<(Aggregate, i64, Fact)>) {
        let event = |(aggregate, sequence, fact)| NewEvent {
            aggregate,
            sequence,
            occurred_at: self.now(),
            fact,
        };
        let events: Vec<NewEvent> = facts.into_iter().map(event).collect();
        let mut tx = self.db.begin().await.unwrap();
        outbox::append(&mut tx, &events).await.unwrap();
        tx.commit().await.unwrap();
        self.app.bus.wake();
    }

    async fn know_everybody(&self) {
        for (id, role) in [
            (SUPER, Role::SuperAdmin),
            (ADMIN, Role::Admin),
            (AGENT, Role::Agent),
            (OTHER_AGENT, Role::Agent),
            (TUNDE, Role::Customer),
            (ADA, Role::Customer),
        ] {
            let user = user(id, role);
            sqlx::query(
                "insert into replica_users (id, name, email, role, is_active, email_verified_at, sequence)
                 values ($1, $2, $3, $4, true, $5, 1)",
            )
            .bind(id)
            .bind(user.name)
            .bind(user.email)
            .bind(role.as_str())
            .bind(user.email_verified_at)
            .execute(&self.db)
            .await
            .unwrap();
        }
        for (id, active) in [(NAIJA, true), (AGRI, true), (DISABLED, false)] {
            let project = project(id);
            sqlx::query(
                "insert into replica_projects (id, name, slug, prefix, is_active, sequence)
                 values ($1, $2, $3, $4, $5, 1)",
            )
            .bind(id)
            .bind(project.name)
            .bind(project.slug)
            .bind(project.prefix)
            .bind(active)
            .execute(&self.db)
            .await
            .unwrap();
        }
        for (project, user) in [(NAIJA, AGENT), (AGRI, OTHER_AGENT)] {
            sqlx::query(
                "insert into replica_memberships (project_id, user_id, is_lead, is_member, sequence)
                 values ($1, $2, false, true, 1)",
            )
            .bind(project)
            .bind(user)
            .execute(&self.db)
            .await
            .unwrap();
        }
    }

    fn user(&self, id: i64, role: Role) -> Client {
        self.kit
            .session(id, role, self.epoch.load(Ordering::Relaxed))
    }

    pub fn super_admin(&self) -> Client {
        self.user(SUPER, Role::SuperAdmin)
    }

    pub fn admin(&self) -> Client {
        self.user(ADMIN, Role::Admin)
    }

    pub fn agent(&self) -> Client {
        self.user(AGENT, Role::Agent)
    }

    pub fn other_agent(&self) -> Client {
        self.user(OTHER_AGENT, Role::Agent)
    }

    pub fn newcomer(&self) -> Client {
        self.user(NEWCOMER, Role::Agent)
    }

    pub fn tunde(&self) -> Client {
        self.user(TUNDE, Role::Customer)
    }

    pub fn ada(&self) -> Client {
        self.user(ADA, Role::Customer)
    }

    /// An API key of a project.
    pub fn key(&self, project: i64) -> Client {
        self.kit
            .key(KEY + 100 * self.epoch.load(Ordering::Relaxed), project)
    }

    /// Another service.
    pub fn service(&self, name: &str) -> Client {
        self.kit.service(name)
    }

    pub fn stranger(&self) -> Client {
        self.kit.stranger()
    }

    pub fn anonymous(&self) -> Client {
        self.kit.anonymous()
    }

    pub fn now(&self) -> OffsetDateTime {
        self.keys.clock.now()
    }

    pub fn advance(&self, by: Duration) {
        self.keys.clock.advance(by);
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// A ticket by key for tunde@example.com; answers its id and number.
    pub async fn file(&self, project: i64) -> (i64, String) {
        self.file_for(project, "tunde@example.com").await
    }

    pub async fn file_for(&self, project: i64, email: &str) -> (i64, String) {
        let filed = self
            .key(project)
            .post("/external/tickets", external_ticket(email))
            .await;
        let filed = filed.expect(201);
        (
            filed["ticket_id"].as_i64().unwrap(),
            filed["ticket_number"].as_str().unwrap().to_owned(),
        )
    }

    /// The ticket as an admin sees it.
    pub async fn ticket(&self, id: i64) -> Value {
        self.admin()
            .get(&format!("/tickets/{id}"))
            .await
            .expect(200)["ticket"]
            .clone()
    }

    /// What was said about an aggregate: (sequence, type).
    pub async fn said(&self, kind: &str, id: i64) -> Vec<(i64, String)> {
        sqlx::query_as(
            "select sequence, type from outbox
             where aggregate_kind = $1 and aggregate_id = $2 order by seq",
        )
        .bind(kind)
        .bind(id)
        .fetch_all(&self.db)
        .await
        .unwrap()
    }

    /// The types of what was said about a ticket.
    pub async fn said_types(&self, id: i64) -> Vec<String> {
        let said = self.said("ticket", id).await;
        said.into_iter().map(|(_, kind)| kind).collect()
    }

    /// The bus, to read.
    pub async fn bus(&self) -> Bus {
        Bus::connect(&self.bus, "reader").await.unwrap()
    }

    /// Says something on the bus as another service would.
    pub async fn say(
        &self,
        service: &'static str,
        aggregate: Aggregate,
        sequence: i64,
        fact: Fact,
    ) {
        let db = desk_testkit::database("outbox", &[&desk_bus::MIGRATOR]).await;
        let bus = Bus::connect(&self.bus, service).await.unwrap();
        let event = NewEvent {
            aggregate,
            sequence,
            occurred_at: self.now(),
            fact,
        };
        outbox::append(&mut db.acquire().await.unwrap(), &[event])
            .await
            .unwrap();
        drop(bus.relay(db, self.stop.clone()));
        bus.wake();
    }

    pub async fn say_user(&self, user: UserState, sequence: i64) {
        let aggregate = Aggregate {
            kind: AggregateKind::User,
            id: user.id,
        };
        self.say(
            "auth",
            aggregate,
            sequence,
            Fact::UserUpdated(Box::new(user)),
        )
        .await;
    }
}

/// A whole external ticket.
pub fn external_ticket(email: &str) -> Value {
    json!({
        "customer_name": "Tunde Adeyemi",
        "customer_email": email,
        "subject": "Cannot upload photos",
        "description": "The upload button does nothing.",
        "priority": "high",
    })
}

/// A whole portal ticket.
pub fn portal_ticket(project: i64) -> Value {
    json!({ "project_id": project, "subject": "Broken", "description": "It is broken." })
}

pub fn user(id: i64, role: Role) -> UserState {
    let (name, email, verified) = match id {
        SUPER => ("Super", "super@support.local", true),
        ADMIN => ("Admin", "admin@support.local", true),
        AGENT => ("Alice Okafor", "alice@support.local", true),
        OTHER_AGENT => ("Bola", "bola@support.local", true),
        TUNDE => ("Tunde Adeyemi", "tunde@example.com", true),
        ADA => ("Ada", "ada@example.com", false),
        _ => ("Chidi", "chidi@support.local", true),
    };
    UserState {
        id,
        name: name.into(),
        email: email.into(),
        role,
        is_active: true,
        email_verified_at: verified.then_some(OffsetDateTime::UNIX_EPOCH),
        deleted: false,
    }
}

pub fn project(id: i64) -> ProjectState {
    let (name, prefix) = match id {
        NAIJA => ("NaijaHomes", "NAIJ"),
        AGRI => ("AgriMarket", "AGRI"),
        DISABLED => ("Gone", "GONE"),
        _ => ("Fresh", "FRES"),
    };
    ProjectState {
        id,
        name: name.into(),
        slug: name.to_lowercase(),
        prefix: prefix.into(),
        is_active: id != DISABLED,
        deleted: false,
    }
}

/// Auth and project as far as they answer for what has not arrived yet.
async fn owners() -> String {
    let users: Arc<HashMap<i64, UserState>> =
        Arc::new(HashMap::from([(NEWCOMER, user(NEWCOMER, Role::Agent))]));
    let answer_user = move |Path(id): Path<i64>| async move {
        let user = users.get(&id).cloned().ok_or(StatusCode::NOT_FOUND)?;
        Ok::<_, StatusCode>(Json(UserRecord { user, sequence: 1 }))
    };
    let answer_project = |Path(id): Path<i64>| async move {
        if id != FRESH {
            return Err(StatusCode::NOT_FOUND);
        }
        let place = MembershipState {
            project_id: FRESH,
            user_id: NEWCOMER,
            is_lead: false,
            is_member: true,
        };
        Ok(Json(ProjectRecord {
            project: project(FRESH),
            sequence: 1,
            members: vec![MembershipRecord {
                id: None,
                membership: place,
                sequence: 1,
            }],
        }))
    };
    let router = Router::new()
        .route("/internal/users/{id}", get(answer_user))
        .route("/internal/projects/{id}", get(answer_project));
    serve(router).await
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}
