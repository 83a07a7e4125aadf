//! A database per test, cloned from a template that is migrated once per set of migrations.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

/// Any number: the lock under which a template is made.
const TEMPLATE_LOCK: i64 = 0x5d5e_5d5e;

/// A database of the test's own, with the migrators applied in order.
///
/// # Panics
/// When the test server is not there or a migration fails.
pub async fn database(service: &str, migrators: &[&Migrator]) -> PgPool {
    let url = database_url(service, migrators).await;
    PgPoolOptions::new()
        .max_connections(8)
        .connect(&url)
        .await
        .expect("the test's database")
}

/// As [`database`], by URL.
///
/// # Panics
/// As [`database`].
pub async fn database_url(service: &str, migrators: &[&Migrator]) -> String {
    let server = crate::address("SUPPORTDESK_TEST_PG_URL");
    let mut admin = PgConnection::connect(&server)
        .await
        .expect("the test PostgreSQL");
    let service = service.replace('-', "_");
    let template = template(&mut admin, &server, &service, migrators).await;
    let name = format!("test_{service}_{}", Uuid::now_v7().simple());
    run(
        &mut admin,
        format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log"),
    )
    .await;
    with_database(&server, &name)
}

/// The template's name; made when it is not there yet, under a name of its own until it is whole.
async fn template(
    admin: &mut PgConnection,
    server: &str,
    service: &str,
    migrators: &[&Migrator],
) -> String {
    let name = format!("template_{service}_{}", fingerprint(migrators));
    run(admin, format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(&name)
            .fetch_one(&mut *admin)
            .await
            .expect("pg_database");
    if !exists {
        let unfinished = format!("{name}_unfinished");
        run(admin, format!("DROP DATABASE IF EXISTS {unfinished}")).await;
        run(admin, format!("CREATE DATABASE {unfinished}")).await;
        let mut fresh = PgConnection::connect(&with_database(server, &unfinished))
            .await
            .expect("the template");
        for migrator in migrators {
            migrator.run(&mut fresh).await.expect("migrations");
        }
        fresh.close().await.expect("close");
        run(
            admin,
            format!("ALTER DATABASE {unfinished} RENAME TO {name}"),
        )
        .await;
    }
    run(admin, format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await;
    name
}

fn fingerprint(migrators: &[&Migrator]) -> String {
    let mut hash = Sha256::new();
    for migrator in migrators {
        hash.update(migrator.table_name.as_bytes());
        for migration in migrator.iter() {
            hash.update(&*migration.checksum);
        }
    }
    hash.finalize()
        .iter()
        .take(8)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

async fn run(admin: &mut PgConnection, sql: String) {
    admin
        .execute(AssertSqlSafe(sql))
        .await
        .expect("the test PostgreSQL obeys");
}

fn with_database(server: &str, name: &str) -> String {
    use sqlx::ConnectOptions as _;
    let options: PgConnectOptions = server.parse().expect("SUPPORTDESK_TEST_PG_URL");
    options.database(name).to_url_lossy().to_string()
}
