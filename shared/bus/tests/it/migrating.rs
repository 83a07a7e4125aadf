//! Migrations beside a service that runs.

use std::{borrow::Cow, time::Duration};

use desk_http::database::MigrateSettings;
use sqlx::{
    SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};
use tokio::time::timeout;

use crate::desk::{Desk, eventually};

/// What wants the table for itself.
const ALTERS: &str = "alter table outbox add column told_twice boolean";
/// Long enough for a migration to give way.
const SOON: Duration = Duration::from_secs(3);

fn migrator() -> Migrator {
    let kind = MigrationType::Simple;
    let migration = Migration::new(
        1,
        Cow::Borrowed("alters"),
        kind,
        SqlStr::from_static(ALTERS),
        false,
    );
    let mut migrator = Migrator::with_migrations(vec![migration]);
    migrator.dangerous_set_table_name("_test_migrations");
    migrator
}

#[tokio::test]
async fn a_migration_that_waits_for_a_request_keeps_no_other_waiting() {
    let desk = Desk::open().await;
    let settings = MigrateSettings {
        owner_database_url: desk.database_url.clone().into(),
    };
    let mut reader = desk.pool.begin().await.unwrap();
    let read = "select count(*) from outbox";
    sqlx::query(read).execute(&mut *reader).await.unwrap();

    let altered = "select count(*) from information_schema.columns
                   where table_name = 'outbox' and column_name = 'told_twice'";
    let requests = async {
        let waits = "select count(*) from pg_locks
                     where not granted and relation = 'outbox'::regclass";
        eventually("the migration waits", async || desk.number(waits).await > 0).await;
        for _ in 0..4 {
            let passed = timeout(SOON, sqlx::query(read).execute(&desk.pool)).await;
            passed.expect("passes").unwrap();
        }
        assert_eq!(desk.number(altered).await, 0, "the first still reads");
        reader.rollback().await.unwrap();
    };
    let migrator = migrator();
    let migrators = [&migrator];
    let (migrated, ()) = tokio::join!(settings.run(&migrators), requests);
    migrated.unwrap();
    assert_eq!(desk.number(altered).await, 1);
}
