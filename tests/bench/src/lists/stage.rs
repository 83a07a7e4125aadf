//! The desk that is asked: sixty projects, agents with five each, one customer with an account.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result};
use e2e::Person;
use fill::{Wanted, fill, heard_of};
use sqlx::{Connection as _, PgConnection};
use time::{Date, OffsetDateTime};

use super::points::Who;
use crate::{desk::Desk, server::Server};

/// Projects in all.
const PROJECTS: usize = 60;
/// Agents.
const AGENTS: usize = 30;
/// How many agents a project has.
const AGENTS_OF_PROJECT: usize = 3;
/// How long upkeep may take to sum up a million tickets.
const PATIENCE: Duration = Duration::from_mins(5);

/// A desk to be filled.
pub struct Stage {
    desk: Desk,
    server: Server,
    database: String,
    agent: Person,
    customer: Person,
    ticket: i64,
    week: Date,
    year: Date,
}

impl Stage {
    /// Starts it, with people and projects and no ticket.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> Result<Self> {
        let desk = Desk::start().await?;
        let admin = desk.world.super_admin().await;
        let customer = desk
            .world
            .person(&admin, "customer", "customer@bench.local")
            .await;
        let agent = people(&desk, &admin).await?;
        let plan = desk.world.stack.plan();
        let server = Server::at(&plan.postgres)?;
        let database = format!("{}ticket", plan.database_prefix);
        let mut connection = server.connect(&database).await?;
        heard_of(&mut connection, i64::try_from(PROJECTS)?).await?;
        let now: OffsetDateTime = sqlx::query_scalar("select now()")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(Self {
            desk,
            server,
            database,
            agent,
            customer,
            ticket: 0,
            week: (now - time::Duration::days(7)).date(),
            year: (now - time::Duration::days(365)).date(),
        })
    }

    /// Adds tickets until there are so many, and waits until all is summed up.
    ///
    /// # Errors
    /// The database's.
    pub async fn fill_to(&mut self, tickets: u64) -> Result<()> {
        let mut connection = self.server.connect(&self.database).await?;
        let there: i64 = sqlx::query_scalar("select count(*) from tickets")
            .fetch_one(&mut connection)
            .await?;
        let wanted = Wanted {
            tickets: tickets.saturating_sub(u64::try_from(there)?),
            seed: tickets,
            events: false,
        };
        fill(&mut connection, wanted, |_| {}).await?;
        let summed = tokio::time::timeout(PATIENCE, summed_up(&mut connection)).await;
        summed.context("the totals are not summed up")??;
        sqlx::query("vacuum analyze")
            .execute(&mut connection)
            .await?;
        sqlx::query("checkpoint").execute(&mut connection).await?;
        self.ticket =
            sqlx::query_scalar("select max(id) - 7 from tickets where deleted_at is null")
                .fetch_one(&mut connection)
                .await?;
        Ok(connection.close().await?)
    }

    /// The gateway.
    ///
    /// # Errors
    /// Never, as long as a stack listens on this machine.
    pub fn address(&self) -> Result<SocketAddr> {
        self.desk.address()
    }

    /// The token of somebody.
    pub fn token(&self, who: Who) -> &str {
        match who {
            Who::Admin => &self.desk.token,
            Who::Agent => self.agent.token(),
            Who::Customer => self.customer.token(),
        }
    }

    /// The path with what this stage has.
    pub fn complete(&self, path: &str) -> String {
        [
            ("{id}", self.ticket.to_string()),
            ("{agent}", self.agent.id.to_string()),
            ("{week}", self.week.to_string()),
            ("{year}", self.year.to_string()),
        ]
        .iter()
        .fold(path.to_owned(), |path, (name, value)| {
            path.replace(name, value)
        })
    }

    /// Ends it.
    pub async fn stop(self) {
        self.desk.world.stop().await;
    }
}

/// The projects that are missing, and agents for all; answers the one who asks.
///
/// # Errors
/// When there is no agent.
pub async fn people(desk: &Desk, admin: &Person) -> Result<Person> {
    let mut projects: Vec<i64> = desk.keys.keys().copied().collect();
    for number in projects.len()..PROJECTS {
        let name = format!("List {number}");
        projects.push(desk.world.project(admin, &name).await.id);
    }
    let mut agents = Vec::with_capacity(AGENTS);
    for number in 0..AGENTS {
        let email = format!("agent{number}@bench.local");
        agents.push(desk.world.person(admin, "agent", &email).await);
    }
    for (place, project) in projects.iter().enumerate() {
        for turn in 0..AGENTS_OF_PROJECT {
            let agent = &agents[(place + turn * 7) % AGENTS];
            let body = serde_json::json!({ "user_id": agent.id });
            admin
                .post(&format!("/admin/projects/{project}/agents"), body)
                .await
                .expect(201);
        }
    }
    agents.into_iter().nth(2).context("there is no agent")
}

/// Waits until every total is summed up.
///
/// # Errors
/// The database's.
pub async fn summed_up(connection: &mut PgConnection) -> Result<()> {
    loop {
        let left: bool = sqlx::query_scalar("select exists (select from ticket_count_deltas)")
            .fetch_one(&mut *connection)
            .await?;
        if !left {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
