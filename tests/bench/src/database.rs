//! Ticket databases: the desk's own, and one of the same schema for the yardstick, filled alike.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result, bail};
use sqlx::{AssertSqlSafe, Connection as _, FromRow, PgConnection};
use tokio::process::Command;
use xtask::{service::Service, stack::Stack};

use crate::{
    scale::{CUSTOMERS, PROJECTS},
    server::Server,
};

/// How long ticket may take to hear of new projects.
const PATIENCE: Duration = Duration::from_secs(10);

/// A project that tickets belong to.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Project {
    /// Its id.
    pub id: i64,
    /// What its ticket numbers begin with.
    pub prefix: String,
}

impl Project {
    /// Those of the yardstick's database, whose ids are 1, 2, 3 and so on.
    pub fn of_yardstick() -> Vec<Self> {
        let project = |id| Self {
            id,
            prefix: format!("P{id}"),
        };
        (1..=i64::try_from(PROJECTS).unwrap_or(i64::MAX))
            .map(project)
            .collect()
    }
}

/// A database with ticket's schema.
#[derive(Debug)]
pub struct Database {
    /// Its name on the server.
    pub name: String,
    connection: PgConnection,
}

impl Database {
    /// The desk's own.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn of_desk(server: &Server, stack: &Stack) -> Result<Self> {
        Self::open(server, format!("{}ticket", stack.plan().database_prefix)).await
    }

    /// A new one, which ticket's own migrations make. No process follows it.
    ///
    /// # Errors
    /// When the migrations fail.
    pub async fn for_yardstick(server: &Server, stack: &Stack) -> Result<Self> {
        let name = format!("{}yardstick", stack.plan().database_prefix);
        let mut maker = server.connect("postgres").await?;
        sqlx::query(AssertSqlSafe(format!("create database \"{name}\"")))
            .execute(&mut maker)
            .await?;
        maker.close().await?;
        let mut command = Command::new(stack.program(Service::Ticket));
        command
            .arg("migrate")
            .envs(stack.env(Service::Ticket))
            .env("SUPPORTDESK_OWNER_DATABASE_URL", server.url_of(&name))
            .kill_on_drop(true);
        let output = command.output().await.context("ticket is not built")?;
        if !output.status.success() {
            bail!(
                "`ticket migrate` failed: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let mut database = Self::open(server, name).await?;
        sqlx::query(include_str!("../sql/without_autovacuum.sql"))
            .execute(&mut database.connection)
            .await?;
        Ok(database)
    }

    async fn open(server: &Server, name: String) -> Result<Self> {
        let connection = server.connect(&name).await?;
        Ok(Self { name, connection })
    }

    /// Its connection.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// The projects with these ids, once ticket has heard of them.
    ///
    /// # Errors
    /// When it does not hear of them.
    pub async fn projects(&mut self, ids: &BTreeSet<i64>) -> Result<Vec<Project>> {
        let ids: Vec<i64> = ids.iter().copied().collect();
        let wait = async {
            loop {
                let known: Vec<Project> = sqlx::query_as(
                    "select id, prefix from replica_projects where id = any ($1) order by id",
                )
                .bind(&ids)
                .fetch_all(&mut self.connection)
                .await?;
                if known.len() == ids.len() {
                    return Ok(known);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let known = tokio::time::timeout(PATIENCE, wait).await;
        known.context("ticket does not hear of new projects")?
    }

    /// Adds tickets until there are so many, and brings statistics and visibility up to date.
    ///
    /// # Errors
    /// The database's.
    pub async fn fill(&mut self, projects: &[Project], tickets: i64) -> Result<()> {
        let customers = i64::try_from(CUSTOMERS)?;
        sqlx::query(include_str!("../sql/requesters.sql"))
            .bind(customers)
            .execute(&mut self.connection)
            .await
            .context("customers")?;
        let there: i64 = sqlx::query_scalar("select count(*) from tickets")
            .fetch_one(&mut self.connection)
            .await?;
        let (ids, prefixes): (Vec<i64>, Vec<&str>) =
            projects.iter().map(|p| (p.id, p.prefix.as_str())).unzip();
        sqlx::query(include_str!("../sql/projects.sql"))
            .bind(&ids)
            .bind(&prefixes)
            .execute(&mut self.connection)
            .await
            .context("projects")?;
        sqlx::query(include_str!("../sql/tickets.sql"))
            .bind(ids)
            .bind(prefixes)
            .bind((tickets - there).max(0))
            .bind(customers)
            .execute(&mut self.connection)
            .await
            .context("tickets")?;
        sqlx::query("vacuum analyze")
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// The ids of its tickets.
    ///
    /// # Errors
    /// The database's.
    pub async fn ticket_ids(&mut self) -> Result<Vec<i64>> {
        let ids = sqlx::query_scalar("select id from tickets order by id");
        Ok(ids.fetch_all(&mut self.connection).await?)
    }

    /// Removes it.
    ///
    /// # Errors
    /// The server's.
    pub async fn remove(self, server: &Server) -> Result<()> {
        self.connection.close().await?;
        let mut remover = server.connect("postgres").await?;
        let sql = format!("drop database if exists \"{}\" with (force)", self.name);
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut remover)
            .await?;
        Ok(remover.close().await?)
    }
}
