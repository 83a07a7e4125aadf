//! What the desk has already: projects with their agents, accounts, configuration.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use desk_events::Priority;
use serde_json::Value;
use sqlx::{FromRow, PgConnection, types::Json};

/// A project that tickets may be filed to.
#[derive(Debug, Clone, FromRow)]
pub struct Project {
    /// Its id.
    pub id: i64,
    /// What its ticket numbers begin with.
    pub prefix: String,
    /// Its active agents.
    pub agents: Vec<i64>,
}

/// A customer with an account.
#[derive(Debug, Clone, FromRow)]
pub struct Account {
    /// User id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Lower case.
    pub email: String,
}

/// A policy of a project, or of all.
#[derive(Debug, Clone, FromRow)]
struct Rule {
    project_id: Option<i64>,
    priority: String,
    first_response_minutes: i32,
    resolution_minutes: i32,
    pause_while_pending: bool,
    /// As it is frozen on tickets.
    frozen: Json<Value>,
}

/// The policy that rules a ticket.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Minutes to the first staff reply.
    pub first_response_minutes: i64,
    /// Minutes to the resolution.
    pub resolution_minutes: i64,
    /// Waiting for the customer stops the clock.
    pub pause_while_pending: bool,
    /// As it is frozen on tickets.
    pub frozen: Value,
}

/// All of it.
#[derive(Debug)]
pub struct World {
    /// Those that are active, by id: the first ones get the most tickets.
    pub projects: Vec<Project>,
    /// Customers that have an account.
    pub accounts: Vec<Account>,
    /// Categories.
    pub categories: Vec<i64>,
    /// Tags.
    pub tags: Vec<i64>,
    rules: Vec<Rule>,
}

/// How long ticket may take to hear of new projects.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until ticket has heard of so many active projects.
///
/// # Errors
/// When it does not hear of them.
pub async fn heard_of(conn: &mut PgConnection, projects: i64) -> Result<()> {
    let wait = async {
        loop {
            let known: i64 = sqlx::query_scalar(
                "select count(*) from replica_projects where is_active and not deleted",
            )
            .fetch_one(&mut *conn)
            .await?;
            if known >= projects {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let heard = tokio::time::timeout(PATIENCE, wait).await;
    heard.context("ticket does not hear of its projects")?
}

impl World {
    /// Reads it from ticket's database.
    ///
    /// # Errors
    /// The database's, and a desk without projects.
    pub async fn read(conn: &mut PgConnection) -> Result<Self> {
        let projects: Vec<Project> = sqlx::query_as(
            "select p.id, p.prefix,
                    array(select u.id from replica_memberships m
                          join replica_users u on u.id = m.user_id
                          where m.project_id = p.id and m.is_member and u.is_active
                            and not u.deleted and u.role <> 'customer'
                          order by u.id) as agents
             from replica_projects p
             where p.is_active and not p.deleted
             order by p.id",
        )
        .fetch_all(&mut *conn)
        .await?;
        ensure!(
            !projects.is_empty(),
            "there is no project to file tickets to"
        );
        let accounts = sqlx::query_as(
            "select id, name, lower(email) as email from replica_users
             where role = 'customer' and is_active and not deleted order by id",
        );
        let rules = sqlx::query_as(
            "select project_id, priority, first_response_minutes, resolution_minutes,
                    pause_while_pending,
                    jsonb_build_object(
                        'id', id, 'name', name, 'priority', priority,
                        'first_response_minutes', first_response_minutes,
                        'resolution_minutes', resolution_minutes,
                        'pause_while_pending', pause_while_pending) as frozen
             from sla_policies where deleted_at is null",
        );
        Ok(Self {
            projects,
            accounts: accounts.fetch_all(&mut *conn).await?,
            categories: ids(
                conn,
                "select id from categories where deleted_at is null order by id",
            )
            .await?,
            tags: ids(
                conn,
                "select id from tags where deleted_at is null order by id",
            )
            .await?,
            rules: rules.fetch_all(conn).await?,
        })
    }

    /// The project's own policy before the one of all.
    pub fn policy(&self, project: i64, priority: Priority) -> Option<Policy> {
        let of = |project| {
            self.rules
                .iter()
                .find(|rule| rule.project_id == project && rule.priority == priority.as_str())
        };
        let rule = of(Some(project)).or_else(|| of(None))?;
        Some(Policy {
            first_response_minutes: rule.first_response_minutes.into(),
            resolution_minutes: rule.resolution_minutes.into(),
            pause_while_pending: rule.pause_while_pending,
            frozen: rule.frozen.0.clone(),
        })
    }
}

async fn ids(conn: &mut PgConnection, sql: &'static str) -> Result<Vec<i64>> {
    let ids = sqlx::query_scalar(sql).fetch_all(conn).await;
    ids.context("the configuration")
}
