//! Indexes set aside while many rows come in: made anew from all rows at once, they take a tenth
//! of the time.

use sqlx::{AssertSqlSafe, PgConnection};

/// What recreates them.
#[derive(Debug)]
pub struct SetAside(Vec<String>);

/// Drops the indexes that no constraint stands behind.
///
/// # Errors
/// The database's.
pub async fn set_aside(conn: &mut PgConnection) -> sqlx::Result<SetAside> {
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid)
         from pg_index
         where indrelid = any (array['tickets', 'messages', 'activities', 'ticket_tags']::regclass[])
           and not indisunique",
    )
    .fetch_all(&mut *conn)
    .await?;
    for (name, _) in &indexes {
        run(&mut *conn, format!("drop index {name}")).await?;
    }
    Ok(SetAside(
        indexes
            .into_iter()
            .map(|(_, definition)| definition)
            .collect(),
    ))
}

impl SetAside {
    /// Makes them anew.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_back(self, conn: &mut PgConnection) -> sqlx::Result<()> {
        run(
            &mut *conn,
            "set local maintenance_work_mem = '256MB'".to_owned(),
        )
        .await?;
        for definition in self.0 {
            run(&mut *conn, definition).await?;
        }
        Ok(())
    }
}

async fn run(conn: &mut PgConnection, sql: String) -> sqlx::Result<()> {
    sqlx::query(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}
