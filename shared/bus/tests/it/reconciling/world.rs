//! An owner and a consumer.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, extract::FromRef, middleware};
use desk_bus::{
    Consumer,
    reconcile::{Findings, Kept, Known, Owner, OwnerSettings, Owners, Reconciler, routes},
};
use desk_events::{AggregateKind, Event};
use desk_http::Gatekeeper;
use desk_testkit::{Desk as Http, Keys};
use sqlx::{PgConnection, PgPool};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    desk::{Desk, count, eventually},
    ledger::Ledger,
    proxy::Proxy,
};

pub struct World {
    /// The owner: outbox, relay, stream.
    pub desk: Desk,
    /// The consumer's own database.
    pub db: PgPool,
    pub ledger: Ledger,
    pub keys: Keys,
    /// The owner's door.
    pub door: Proxy,
    /// How often the owner was asked anything.
    pub asked: Arc<AtomicUsize>,
    /// Where owners are asked.
    pub owners: OwnerSettings,
    app: App,
    relay: JoinHandle<()>,
}

#[derive(Clone)]
struct App {
    gatekeeper: Gatekeeper,
    owner: Owner,
}

impl FromRef<App> for Gatekeeper {
    fn from_ref(app: &App) -> Self {
        app.gatekeeper.clone()
    }
}

impl FromRef<App> for Owner {
    fn from_ref(app: &App) -> Self {
        app.owner.clone()
    }
}

impl World {
    /// The owner's relay publishes; nobody consumes yet.
    pub async fn open() -> Self {
        let desk = Desk::open().await;
        let db = desk.another_database().await;
        let ledger = Ledger::within(&db).await;
        let keys = Keys::new();
        let app = App {
            gatekeeper: keys.gatekeeper("ticket"),
            owner: Owner {
                pool: desk.pool.clone(),
                bus: desk.bus.clone(),
            },
        };
        let asked: Arc<AtomicUsize> = Arc::default();
        let door = Proxy::to(&serve(router(app.clone()), Arc::clone(&asked)).await).await;
        let relay = desk.bus.relay(desk.pool.clone(), desk.stop.clone());
        Self {
            owners: owners(&door.url("http://ticket/")),
            desk,
            db,
            ledger,
            keys,
            door,
            asked,
            app,
            relay,
        }
    }

    /// Stops everything: what is queued from now on stays queued.
    pub async fn hush(&mut self) {
        self.desk.stop.cancel();
        (&mut self.relay).await.unwrap();
    }

    /// With the consumer, and some of its events taken.
    pub async fn running(aggregates: i64) -> Self {
        let world = Self::open().await;
        world.consume();
        world.say(1, aggregates, 1).await;
        world.has(aggregates, 1).await;
        world
    }

    pub fn consume(&self) {
        let (pool, stop) = (self.db.clone(), self.desk.stop.clone());
        self.desk.bus.consume(pool, self.ledger.clone(), stop);
    }

    /// The owner's routes without a network between.
    pub fn http(&self) -> Http {
        Http::new(router(self.app.clone()), self.keys.clone(), "ticket")
    }

    pub fn reconciler(&self) -> Reconciler<Ledger> {
        self.reconciler_of(self.ledger.clone())
    }

    pub fn reconciler_of<C: Consumer>(&self, consumer: C) -> Reconciler<C> {
        self.reconciler_asking(consumer, &self.owners)
    }

    /// Of a consumer, asking owners elsewhere.
    pub fn reconciler_asking<C: Consumer>(
        &self,
        consumer: C,
        owners: &OwnerSettings,
    ) -> Reconciler<C> {
        let owners = Owners::new(owners, &self.keys.issuer("reporting"), &self.keys.clock);
        Reconciler::new(&self.desk.bus, &self.db, consumer, &owners).unwrap()
    }

    /// Compares once.
    pub async fn find(&self) -> Findings {
        find(&self.reconciler()).await
    }

    /// Says the `sequence`th event of aggregates `first..=last`.
    pub async fn say(&self, first: i64, last: i64, sequence: i64) {
        let events: Vec<_> = (first..=last)
            .map(|id| count(id, sequence, sequence))
            .collect();
        self.desk.say(&events).await;
    }

    /// Waits until the ledger has so many aggregates at this sequence or beyond.
    pub async fn has(&self, aggregates: i64, sequence: i64) {
        eventually("the ledger is whole", async || {
            self.at(sequence).await == aggregates
        })
        .await;
    }

    /// Aggregates in the ledger at this sequence or beyond.
    pub async fn at(&self, sequence: i64) -> i64 {
        sqlx::query_scalar("select count(*) from ledger where sequence >= $1")
            .bind(sequence)
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    /// Changes something in the consumer's database behind its back.
    pub async fn damage(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.db).await.unwrap();
    }

    /// Waits until the owner has been asked.
    pub async fn was_asked(&self) {
        eventually("the owner is asked", async || {
            self.asked.load(Ordering::SeqCst) > 0
        })
        .await;
    }
}

/// What one comparison finds.
pub async fn find<C: Consumer>(reconciler: &Reconciler<C>) -> Findings {
    let report = reconciler.once().await.unwrap();
    report.expect("nobody else is at it").total()
}

fn router(app: App) -> Router {
    routes::<App>().split_for_parts().0.with_state(app)
}

/// Serves a router, counting the requests; answers its URL.
pub async fn serve(router: Router, asked: Arc<AtomicUsize>) -> String {
    let counted = router.layer(middleware::map_request(
        move |request: axum::extract::Request| {
            asked.fetch_add(1, Ordering::SeqCst);
            async move { request }
        },
    ));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = desk_http::layers::dress(counted);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// All owners at one address.
fn owners(url: &str) -> OwnerSettings {
    OwnerSettings {
        auth_url: url.to_owned(),
        project_url: url.to_owned(),
        ticket_url: url.to_owned(),
        sla_worker_url: url.to_owned(),
    }
}

/// A ledger that keeps something of another owner too.
pub struct Both(pub Ledger);

impl Consumer for Both {
    const NAME: &'static str = Ledger::NAME;

    fn subjects(&self) -> &'static [&'static str] {
        self.0.subjects()
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        self.0.apply(conn, events).await
    }

    fn keeps(&self) -> &'static [Kept] {
        const {
            &[
                Kept::by_event(AggregateKind::User),
                Kept::by_state(AggregateKind::ProjectCount),
            ]
        }
    }

    async fn known(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        ids: &[i64],
    ) -> anyhow::Result<Vec<Known>> {
        self.0.known(conn, kind, ids).await
    }
}

/// A consumer that acts upon each event, as the ledger does, but keeps no state.
#[derive(Clone)]
pub struct Teller(pub Ledger);

impl Consumer for Teller {
    const NAME: &'static str = "teller";

    fn subjects(&self) -> &'static [&'static str] {
        &["project.counted"]
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        self.0.apply(conn, events).await
    }

    fn keeps(&self) -> &'static [Kept] {
        const { &[Kept::by_event(AggregateKind::ProjectCount)] }
    }
}
