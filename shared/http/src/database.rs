//! A service's database: its pool, its migrations, and the refusal to run on an older schema.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    migrate::{Migrate, MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::reach::is_locked;

/// How long a request waits for a connection before it is answered 503.
const ACQUIRE: Duration = Duration::from_secs(3);
/// A connection that rested longer is tried before it is handed out. The pool tries every one that
/// it gets back, so that a busy one need not pay for a second question.
const RESTED: Duration = Duration::from_secs(1);
/// How long a starting service waits for its database.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a migration waits for a lock, and everybody else behind it, before it lets them pass. Less
/// than the second after which the server looks for a deadlock: the migration gives way, not a request.
const LOCK: &str = "500ms";
/// Before it tries again.
const REST: Duration = Duration::from_secs(1);
/// How long it goes on trying.
const LOCKED: Duration = Duration::from_mins(30);

/// Where a service's database is and how many connections it may take.
#[derive(Debug, Clone, clap::Args)]
pub struct DatabaseSettings {
    /// `postgres://role:password@host/database`, a role without DDL.
    #[arg(long, env = "SUPPORTDESK_DATABASE_URL", hide_env_values = true)]
    pub database_url: SecretString,
    /// Connections; by default the service's own number.
    #[arg(long, env = "SUPPORTDESK_DATABASE_POOL")]
    pub database_pool: Option<u32>,
}

/// What `migrate` needs.
#[derive(Debug, Clone, clap::Args)]
pub struct MigrateSettings {
    /// `postgres://owner:password@host/database`, the role that owns the schema.
    #[arg(long, env = "SUPPORTDESK_OWNER_DATABASE_URL", hide_env_values = true)]
    pub owner_database_url: SecretString,
}

impl DatabaseSettings {
    /// Opens the pool, waits for the database, and refuses a schema that lacks a migration.
    ///
    /// # Errors
    /// A URL that is none, a database out of reach for a minute, an older schema.
    pub async fn open(&self, connections: u32, migrators: &[&Migrator]) -> anyhow::Result<PgPool> {
        // Statements are prepared, and planned once: for an array of ids PostgreSQL would otherwise
        // find a plan of its own each time, which takes longer than most of them run.
        let options =
            options(&self.database_url)?.options([("plan_cache_mode", "force_generic_plan")]);
        let pool = PgPoolOptions::new()
            .max_connections(self.database_pool.unwrap_or(connections))
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .before_acquire(|connection, usage| {
                Box::pin(async move {
                    if usage.idle_for > RESTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .acquire_time_level(log::LevelFilter::Info)
            .connect_lazy_with(options);
        measure(&pool);
        let mut connection = tokio::time::timeout(PATIENCE, reach(&pool))
            .await
            .context("the database is out of reach")?;
        check_schema(&mut connection, migrators).await?;
        drop(connection);
        Ok(pool)
    }
}

impl MigrateSettings {
    /// Applies every migration that is missing, in the order of the migrators. The service of the
    /// release before may run meanwhile.
    ///
    /// # Errors
    /// A database out of reach, a migration that fails, or a lock that is not to be had for half an
    /// hour.
    pub async fn run(&self, migrators: &[&Migrator]) -> anyhow::Result<()> {
        let mut connection = options(&self.owner_database_url)?
            .options([("lock_timeout", LOCK)])
            .connect()
            .await
            .context("the database is out of reach")?;
        for migrator in migrators {
            migrate(&mut connection, migrator)
                .await
                .context("migration")?;
        }
        connection.close().await.context("close")
    }
}

/// Each migration is a transaction: what gave way left nothing behind, and is tried again.
async fn migrate(connection: &mut PgConnection, migrator: &Migrator) -> Result<(), MigrateError> {
    let until = Instant::now() + LOCKED;
    while let Err(error) = migrator.run(&mut *connection).await {
        if !was_in_the_way(&error) || Instant::now() > until {
            return Err(error);
        }
        tracing::warn!(%error, "the migration lets others pass and tries again");
        tokio::time::sleep(REST).await;
    }
    Ok(())
}

/// Whether what another migration or the running service holds was in the way.
fn was_in_the_way(error: &MigrateError) -> bool {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => is_locked(error),
        _ => false,
    }
}

fn options(url: &SecretString) -> anyhow::Result<PgConnectOptions> {
    // The error of a URL that is none could quote the password in it.
    let options: PgConnectOptions = url.expose_secret().parse().map_err(|_| {
        anyhow::anyhow!("the database URL is not like postgres://role:password@host/database")
    })?;
    // Who exports traces makes spans of what is said of each statement.
    let level = if desk_telemetry::exporting() {
        log::LevelFilter::Info
    } else {
        log::LevelFilter::Trace
    };
    Ok(options.log_statements(level))
}

/// Shows at each scrape how much of the pool is in use.
fn measure(pool: &PgPool) {
    metrics::counter!("database_unavailable_total").increment(0);
    metrics::gauge!("db_pool_max_connections").set(f64::from(pool.options().get_max_connections()));
    let pool = pool.clone();
    desk_telemetry::at_scrape(move || {
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        let used = pool.size().saturating_sub(idle);
        metrics::gauge!("db_pool_connections", "state" => "idle").set(f64::from(idle));
        metrics::gauge!("db_pool_connections", "state" => "used").set(f64::from(used));
    });
}

async fn reach(pool: &PgPool) -> sqlx::pool::PoolConnection<sqlx::Postgres> {
    loop {
        match pool.acquire().await {
            Ok(connection) => return connection,
            Err(error) => {
                tracing::warn!(%error, "waiting for the database");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

async fn check_schema(
    connection: &mut PgConnection,
    migrators: &[&Migrator],
) -> anyhow::Result<()> {
    for migrator in migrators {
        let applied = connection
            .list_applied_migrations(&migrator.table_name)
            .await;
        let applied = applied.context("no schema yet: run the service's migrate command first")?;
        let missing = migrator
            .iter()
            .find(|migration| !applied.iter().any(|done| done.version == migration.version));
        if let Some(migration) = missing {
            bail!(
                "the schema is older than this service (migration {} {} is missing): run the service's migrate command first",
                migration.version,
                migration.description
            );
        }
    }
    Ok(())
}
