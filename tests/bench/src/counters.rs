//! What PostgreSQL counts: commits, statements, WAL and its syncs.
//!
//! The server's processes hand in commits and syncs about once a second, so these differ by up to
//! a second's worth at both ends of a load; WAL bytes and statements are exact.

use std::collections::BTreeMap;

use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection as _, FromRow, PgConnection};

use crate::server::Server;

/// The first version that counts WAL syncs in `pg_stat_io`.
const SYNCS_IN_IO: i32 = 180_000;

/// One reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Commits by database, without the desk's prefix.
    pub commits: BTreeMap<String, i64>,
    /// Statements by database; empty where the server does not count them.
    pub statements: BTreeMap<String, i64>,
    /// Bytes of WAL of the whole server.
    pub wal_bytes: i64,
    /// Syncs of the WAL.
    pub wal_syncs: i64,
}

impl Counts {
    /// What came since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            commits: difference(&self.commits, &earlier.commits),
            statements: difference(&self.statements, &earlier.statements),
            wal_bytes: self.wal_bytes - earlier.wal_bytes,
            wal_syncs: self.wal_syncs - earlier.wal_syncs,
        }
    }
}

fn difference(
    now: &BTreeMap<String, i64>,
    before: &BTreeMap<String, i64>,
) -> BTreeMap<String, i64> {
    let came = now.iter().map(|(name, count)| {
        let earlier = before.get(name).copied().unwrap_or_default();
        (name.clone(), count - earlier)
    });
    came.filter(|(_, count)| *count > 0).collect()
}

/// How many statements are shown.
const SHOWN: i64 = 12;

/// The statements that cost most in a load, and what the load achieved.
#[derive(Debug, Clone, Default)]
pub struct Bill {
    /// Whose load it was.
    pub load: String,
    /// Its answers, which the cost is divided by.
    pub answers: u64,
    /// The greatest first.
    pub statements: Vec<Costly>,
}

/// A statement with what it cost since the last [`Counters::forget`].
#[derive(Debug, Clone, FromRow)]
pub struct Costly {
    /// Its database, without the desk's prefix.
    pub database: String,
    /// How often it ran.
    pub calls: i64,
    /// Milliseconds of execution in all, and of planning where the server measures it.
    pub time: f64,
    /// Its text.
    pub query: String,
}

/// Reads the counters by a connection of its own.
pub struct Counters {
    connection: PgConnection,
    prefix: String,
    syncs: &'static str,
    statements: bool,
}

impl Counters {
    /// Connects, and turns on the counting of statements where the server has loaded it.
    ///
    /// # Errors
    /// The server's.
    pub async fn open(server: &Server, prefix: &str) -> Result<Self> {
        let mut connection = server.connect("postgres").await?;
        let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
            .fetch_one(&mut connection)
            .await?;
        let statements: bool = sqlx::query_scalar(
            "select current_setting('shared_preload_libraries') like '%pg_stat_statements%'",
        )
        .fetch_one(&mut connection)
        .await?;
        if statements {
            sqlx::query("create extension if not exists pg_stat_statements")
                .execute(&mut connection)
                .await?;
        }
        let syncs = if version >= SYNCS_IN_IO {
            "select sum(fsyncs)::bigint from pg_stat_io where object = 'wal'"
        } else {
            "select wal_sync from pg_stat_wal"
        };
        Ok(Self {
            connection,
            prefix: prefix.to_owned(),
            syncs,
            statements,
        })
    }

    /// Whether the server counts statements.
    pub fn counts_statements(&self) -> bool {
        self.statements
    }

    /// Reads them all.
    ///
    /// # Errors
    /// The server's.
    pub async fn read(&mut self) -> Result<Counts> {
        let commits = self
            .by_database(
                "select datname::text, xact_commit from pg_stat_database where datname is not null",
            )
            .await?;
        let statements = if self.statements {
            self.by_database(
                "select d.datname::text, sum(s.calls)::bigint
                 from pg_stat_statements s join pg_database d on d.oid = s.dbid group by 1",
            )
            .await?
        } else {
            BTreeMap::new()
        };
        let wal_bytes = sqlx::query_scalar("select (pg_current_wal_insert_lsn() - '0/0')::bigint")
            .fetch_one(&mut self.connection)
            .await?;
        let wal_syncs: Option<i64> = sqlx::query_scalar(AssertSqlSafe(self.syncs))
            .fetch_one(&mut self.connection)
            .await?;
        Ok(Counts {
            commits,
            statements,
            wal_bytes,
            wal_syncs: wal_syncs.unwrap_or_default(),
        })
    }

    /// Begins to count the cost of statements anew.
    ///
    /// # Errors
    /// The server's.
    pub async fn forget(&mut self) -> Result<()> {
        if self.statements {
            sqlx::query("select pg_stat_statements_reset()")
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    /// The statements that cost most since then, for a load with so many answers.
    ///
    /// # Errors
    /// The server's.
    pub async fn bill(&mut self, load: &str, answers: u64) -> Result<Bill> {
        if !self.statements {
            return Ok(Bill::default());
        }
        let rows = sqlx::query_as(
            "select substr(d.datname, length($1) + 1) as database, s.calls,
                    s.total_exec_time + s.total_plan_time as time, s.query
             from pg_stat_statements s join pg_database d on d.oid = s.dbid
             where starts_with(d.datname, $1)
             order by time desc limit $2",
        )
        .bind(&self.prefix)
        .bind(SHOWN)
        .fetch_all(&mut self.connection)
        .await?;
        Ok(Bill {
            load: load.to_owned(),
            answers,
            statements: rows,
        })
    }

    /// Says good-bye.
    pub async fn close(self) {
        drop(self.connection.close().await);
    }

    async fn by_database(&mut self, sql: &'static str) -> Result<BTreeMap<String, i64>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&mut self.connection).await?;
        let ours = rows.into_iter().filter_map(|(database, count)| {
            let name = database.strip_prefix(&self.prefix)?;
            Some((name.to_owned(), count))
        });
        Ok(ours.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_counted_in_between_remains() {
        let counts = |ticket, auth, wal_bytes| Counts {
            commits: [("ticket".into(), ticket), ("auth".into(), auth)].into(),
            wal_bytes,
            ..Counts::default()
        };
        let came = counts(15, 4, 900).since(&counts(10, 4, 400));
        assert_eq!(came.commits, [("ticket".to_owned(), 5)].into());
        assert_eq!(came.wal_bytes, 500);
    }
}
