//! Ticket detail and list through the gateway, beside the bare handler.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use hyper::StatusCode;

use crate::{
    bare::{Bare, PAGE},
    counters::{Bill, Counters},
    cpu::{Meter, Usage},
    database::Database,
    desk::Desk,
    load::{self, Outcome, Target},
    requests,
    scale::Scale,
    server::Server,
};

/// With how many connections.
const CONNECTIONS: [usize; 2] = [1, 8];
/// Spreads consecutive numbers over the tickets.
const STRIDE: usize = 7_919;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One ticket with all that belongs to it.
    Detail,
    /// The first page of the list.
    List,
}

impl Kind {
    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::List => "list",
        }
    }

    fn path(self, id: i64) -> String {
        match self {
            Self::Detail => format!("/api/tickets/{id}"),
            Self::List => format!("/api/tickets?per_page={PAGE}"),
        }
    }

    /// The bare handler's with every statement of the service, and with the main one alone.
    fn bare_paths(self, id: i64) -> (String, Option<String>) {
        match self {
            Self::Detail => (format!("/detail/{id}"), Some(format!("/card/{id}"))),
            Self::List => ("/list".to_owned(), None),
        }
    }
}

/// One point, measured on both sides.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was read.
    pub kind: Kind,
    /// Among how many tickets.
    pub tickets: i64,
    /// Over how many connections.
    pub connections: usize,
    /// The desk's.
    pub ours: Outcome,
    /// CPU seconds by process for it.
    pub usage: Usage,
    /// The statements that cost most.
    pub bill: Bill,
    /// The bare handler's with the same statements.
    pub bare: Outcome,
    /// The bare handler's with the main statement alone.
    pub main: Option<Outcome>,
}

/// Measures reads.
pub struct Bench<'a> {
    /// The desk.
    pub desk: &'a Desk,
    /// The server that it runs on.
    pub server: &'a Server,
    /// Reads the processes.
    pub meter: &'a Meter,
    /// Reads PostgreSQL's counters.
    pub counters: &'a mut Counters,
    /// How long.
    pub scale: Scale,
}

impl Bench<'_> {
    /// Fills the desk with so many tickets and measures every point.
    ///
    /// # Errors
    /// When the desk or the bare handler cannot be reached.
    pub async fn run(&mut self, tickets: i64) -> Result<Vec<Row>> {
        let mut database = Database::of_desk(self.server, &self.desk.world.stack).await?;
        let projects = database
            .projects(&self.desk.keys.keys().copied().collect())
            .await?;
        database.fill(&projects, tickets).await?;
        let ids: Arc<[i64]> = database.ticket_ids().await?.into();
        let bare = Bare::start(&self.server.url_of(&database.name)).await?;
        let mut rows = Vec::new();
        for kind in [Kind::Detail, Kind::List] {
            for connections in CONNECTIONS {
                let row = self.point(kind, connections, &bare, &ids).await?;
                rows.push(Row { tickets, ..row });
            }
        }
        Ok(rows)
    }

    async fn point(
        &mut self,
        kind: Kind,
        connections: usize,
        bare: &Bare,
        ids: &Arc<[i64]>,
    ) -> Result<Row> {
        let token = self.desk.token.clone();
        self.counters.forget().await?;
        let usage = self.meter.read();
        let path = move |id| kind.path(id);
        let ours = self
            .load(self.desk.address()?, connections, ids, path, token)
            .await?;
        let usage = self.meter.read().since(&usage);
        let bill = self.counters.bill(kind.name(), ours.all).await?;
        let path = move |id| kind.bare_paths(id).0;
        let all = self
            .load(bare.address, connections, ids, path, String::new())
            .await?;
        let main = if kind.bare_paths(0).1.is_some() {
            let path = move |id| kind.bare_paths(id).1.unwrap_or_default();
            Some(
                self.load(bare.address, connections, ids, path, String::new())
                    .await?,
            )
        } else {
            None
        };
        Ok(Row {
            kind,
            tickets: 0,
            connections,
            ours,
            usage,
            bill,
            bare: all,
            main,
        })
    }

    async fn load(
        &self,
        address: SocketAddr,
        connections: usize,
        ids: &Arc<[i64]>,
        path: impl Fn(i64) -> String + Send + Sync + 'static,
        token: String,
    ) -> Result<Outcome> {
        let target = Target {
            address,
            expect: StatusCode::OK,
        };
        let ids = Arc::clone(ids);
        let source = move |connection: usize, turn: u64| {
            let place = (usize::try_from(turn)? + connection * 31) * STRIDE % ids.len().max(1);
            requests::get(&path(ids[place]), &token)
        };
        load::run(target, connections, &self.scale, Arc::new(source)).await
    }
}
