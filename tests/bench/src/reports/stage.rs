//! The desk that is reported on: sixty projects, agents, tickets of two years.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use async_nats::jetstream::{self, stream::Stream};
use desk_bus::{Bus, BusSettings};
use fill::{Wanted, fill, heard_of};
use hyper::StatusCode;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;
use tokio::process::Command;
use xtask::service::Service;

use crate::{
    cpu::Meter,
    desk::Desk,
    lists::{people, summed_up},
    load::Client,
    requests,
    server::Server,
};

/// Holds the whole backlog: what the server trims nobody applies.
const STREAM_BYTES: &str = "1073741824";
/// How long the desk may take to publish and to take what was said.
const PATIENCE: Duration = Duration::from_mins(5);
const LOOK: Duration = Duration::from_millis(20);

/// The six, as they are asked for.
pub const REPORTS: [&str; 6] = [
    "overview",
    "projects",
    "agents",
    "volume",
    "sla",
    "categories",
];

/// A desk to be filled.
pub struct Stage {
    desk: Desk,
    server: Server,
    stream: Stream,
    today: OffsetDateTime,
}

/// What the bus has for a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Not yet delivered.
    pub pending: u64,
    /// Delivered and not acknowledged.
    pub unacknowledged: u64,
}

impl Waiting {
    /// Everything was taken.
    pub fn is_nothing(self) -> bool {
        self.pending == 0 && self.unacknowledged == 0
    }
}

impl Stage {
    /// Starts it, with people and projects and no ticket.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> Result<Self> {
        let mut plan = Desk::plan()?;
        plan.common
            .insert("SUPPORTDESK_STREAM_MAX_BYTES".into(), STREAM_BYTES.into());
        let desk = Desk::of(plan).await?;
        let admin = desk.world.super_admin().await;
        people(&desk, &admin).await?;
        let plan = desk.world.stack.plan();
        let server = Server::at(&plan.postgres)?;
        let settings = BusSettings::isolated(&plan.nats, &plan.bus_prefix);
        let bus = Bus::connect(&settings, "bench").await?;
        let stream = jetstream::new(bus.client().clone())
            .get_stream(bus.stream_name())
            .await?;
        let mut stage = Self {
            desk,
            server,
            stream,
            today: OffsetDateTime::UNIX_EPOCH,
        };
        let mut connection = stage.open(Service::Ticket).await?;
        stage.today = sqlx::query_scalar("select now()")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(stage)
    }

    /// The desk.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Brings in tickets that nobody is told of: a rebuild finds them.
    ///
    /// # Errors
    /// The database's.
    pub async fn fill(&self, tickets: u64) -> Result<()> {
        xtask::say::line(format_args!("{tickets} tickets …"));
        let mut connection = self.open(Service::Ticket).await?;
        heard_of(&mut connection, i64::try_from(self.desk.keys.len())?).await?;
        let wanted = Wanted {
            tickets,
            seed: 11,
            events: false,
        };
        fill(&mut connection, wanted, |_| {}).await?;
        let summed = tokio::time::timeout(PATIENCE, summed_up(&mut connection)).await;
        summed.context("the totals are not summed up")??;
        sqlx::query("checkpoint").execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    async fn open(&self, service: Service) -> Result<PgConnection> {
        let prefix = &self.desk.world.stack.plan().database_prefix;
        let name = service.database().context("a service without a database")?;
        self.server.connect(&format!("{prefix}{name}")).await
    }

    /// Asks as an admin.
    ///
    /// # Errors
    /// Another answer than 200.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let mut client = Client::connect(self.desk.address()?).await?;
        let call = requests::get(path, &self.desk.token)?;
        let answer = client.send(call, StatusCode::OK).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// A report's path over the year that ended so many years ago.
    pub fn report(&self, name: &str, years_ago: i64) -> String {
        let to = self.today - time::Duration::days(365 * years_ago);
        let from = to - time::Duration::days(364);
        format!("/api/reports/{name}?from={}&to={}", from.date(), to.date())
    }

    /// All six, over both years that there are tickets of.
    ///
    /// # Errors
    /// Another answer than 200.
    pub async fn figures(&self) -> Result<Vec<Value>> {
        let mut figures = Vec::new();
        for years_ago in [0, 1] {
            for name in REPORTS {
                figures.push(self.get(&self.report(name, years_ago)).await?);
            }
        }
        Ok(figures)
    }

    /// Has a service compare what it keeps with ticket's own states.
    ///
    /// # Errors
    /// When something differs.
    pub async fn verify(&self, service: Service) -> Result<()> {
        let stack = &self.desk.world.stack;
        let mut command = Command::new(stack.program(service));
        command.arg("verify").envs(stack.env(service));
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = output.await?;
        let told = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "{service} keeps what is not so: {}",
            told.lines().take(5).collect::<Vec<_>>().join("\n")
        );
        Ok(())
    }

    /// What a consumer has before it.
    ///
    /// # Errors
    /// The bus's.
    pub async fn waiting(&self, service: Service) -> Result<Waiting> {
        let info = self.stream.consumer_info(service.name()).await?;
        Ok(Waiting {
            pending: info.num_pending,
            unacknowledged: u64::try_from(info.num_ack_pending)?,
        })
    }

    /// Waits until a consumer has taken everything.
    ///
    /// # Errors
    /// The bus's, and no end.
    pub async fn taken(&self, service: Service) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while !self.waiting(service).await?.is_nothing() {
            if Instant::now() > until {
                bail!("{service} does not get to the end");
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Waits until all that ticket said is published, and the desk has nothing left to do.
    ///
    /// # Errors
    /// The database's, and no end.
    pub async fn at_rest(&self) -> Result<()> {
        let mut connection = self.open(Service::Ticket).await?;
        let until = Instant::now() + PATIENCE;
        loop {
            let left: bool = sqlx::query_scalar("select exists (select from outbox_pending)")
                .fetch_one(&mut connection)
                .await?;
            if !left {
                break;
            }
            if Instant::now() > until {
                bail!("the relay does not get to the end");
            }
            tokio::time::sleep(LOOK).await;
        }
        connection.close().await?;
        Meter::of(&self.desk.world.stack, self.server.port)
            .settle()
            .await;
        Ok(())
    }

    /// SIGKILL.
    pub async fn kill(&mut self, service: Service) {
        self.desk.world.stack.kill(service).await;
    }

    /// Starts a killed service.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&mut self, service: Service) -> Result<()> {
        self.desk.world.stack.restart(service).await
    }

    /// Ends it.
    pub async fn stop(self) {
        self.desk.world.stop().await;
    }
}
