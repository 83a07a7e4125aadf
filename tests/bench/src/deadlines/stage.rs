//! The desk with all its tickets, and the clocks that run for them.

use std::time::Duration;

use anyhow::Result;
use sqlx::{Connection as _, PgConnection};
use xtask::service::Service;

use crate::{database::Database, desk::Desk, server::Server};

/// How much.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Tickets, with two clocks each.
    pub tickets: i64,
    /// Deadlines that fall due within one second.
    pub due: i64,
}

impl Extent {
    /// A minute in all.
    pub const QUICK: Self = Self {
        tickets: 20_000,
        due: 1_000,
    };
    /// A million clocks.
    pub const WHOLE: Self = Self {
        tickets: 500_000,
        due: 1_000,
    };
}

/// Clocks planted at once.
const CHUNK: usize = 50_000;

/// A desk to be filled.
pub struct Stage {
    desk: Desk,
    server: Server,
    extent: Extent,
}

impl Stage {
    /// Starts it without tickets.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(extent: Extent) -> Result<Self> {
        let desk = Desk::start().await?;
        let server = Server::at(&desk.world.stack.plan().postgres)?;
        Ok(Self {
            desk,
            server,
            extent,
        })
    }

    /// The desk.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// How much there is.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// A connection to ticket's database.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn ticket(&self) -> Result<PgConnection> {
        self.open("ticket").await
    }

    async fn open(&self, name: &str) -> Result<PgConnection> {
        let prefix = &self.desk.world.stack.plan().database_prefix;
        self.server.connect(&format!("{prefix}{name}")).await
    }

    /// Adds the tickets, and two clocks of each that run for days yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn fill(&self) -> Result<()> {
        xtask::say::line(format_args!("{} tickets …", self.extent.tickets));
        let mut tickets = Database::of_desk(&self.server, &self.desk.world.stack).await?;
        let projects = self.desk.keys.keys().copied().collect();
        let projects = tickets.projects(&projects).await?;
        tickets.fill(&projects, self.extent.tickets).await?;
        let ids = tickets.ticket_ids().await?;
        xtask::say::line(format_args!("{} clocks …", ids.len() * 2));
        let mut clocks = self.open("sla").await?;
        for some in ids.chunks(CHUNK) {
            sqlx::query(include_str!("../../sql/deadlines.sql"))
                .bind(some)
                .execute(&mut clocks)
                .await?;
        }
        sqlx::query("vacuum analyze").execute(&mut clocks).await?;
        sqlx::query("checkpoint").execute(&mut clocks).await?;
        Ok(clocks.close().await?)
    }

    /// Has some deadlines fall due within the second after this time; answers their tickets. The
    /// worker is started anew, as nothing tells it of what is planted.
    ///
    /// # Errors
    /// The database's; when the worker does not start.
    pub async fn plant(&mut self, after: Duration) -> Result<Vec<i64>> {
        let mut tickets = self.ticket().await?;
        let every = (self.extent.tickets / self.extent.due).max(1);
        let ids: Vec<i64> =
            sqlx::query_scalar("select id from tickets where id % $1 = 0 order by id limit $2")
                .bind(every)
                .bind(self.extent.due)
                .fetch_all(&mut tickets)
                .await?;
        // From a start of the worker until it is ready takes less than a second.
        let wait = (after + Duration::from_secs(2)).as_secs_f64();
        let from: time::OffsetDateTime =
            sqlx::query_scalar("select clock_timestamp() + make_interval(secs => $1)")
                .bind(wait)
                .fetch_one(&mut tickets)
                .await?;
        let apart = 1_000_000 / self.extent.due;
        let mut clocks = self.open("sla").await?;
        for (connection, sql) in [
            (&mut tickets, include_str!("../../sql/overdue_tickets.sql")),
            (&mut clocks, include_str!("../../sql/overdue_deadlines.sql")),
        ] {
            sqlx::query(sql)
                .bind(&ids)
                .bind(from)
                .bind(apart)
                .execute(connection)
                .await?;
        }
        tickets.close().await?;
        clocks.close().await?;
        self.desk.world.stack.kill(Service::SlaWorker).await;
        self.desk.world.stack.restart(Service::SlaWorker).await?;
        Ok(ids)
    }

    /// Ends it.
    pub async fn stop(self) {
        self.desk.world.stop().await;
    }
}
