//! Ids and running numbers, reserved for all at once.

use std::collections::{BTreeMap, HashMap};

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{invent::Inventor, world::Project};

/// Numbers to be given out in the order of filing.
#[derive(Debug)]
pub struct Numbers {
    next_id: i64,
    /// The last number given, by project and year.
    last: HashMap<(i64, i32), i64>,
}

impl Numbers {
    /// Reserves an id and a number for every ticket. What is filed meanwhile waits, and goes on
    /// behind them.
    ///
    /// # Errors
    /// The database's.
    pub async fn reserve(conn: &mut PgConnection, inventor: &Inventor<'_>) -> sqlx::Result<Self> {
        let mut counts: BTreeMap<(i64, i32), i64> = BTreeMap::new();
        for number in 0..inventor.tickets {
            let sketch = inventor.sketch(number);
            let project = inventor.world.projects[sketch.project].id;
            *counts
                .entry((project, sketch.created_at.year()))
                .or_default() += 1;
        }
        let mut last = HashMap::new();
        for ((project, year), count) in counts {
            let reserved: i64 = sqlx::query_scalar(
                "insert into ticket_counters as c (project_id, year, last) values ($1, $2, $3)
                 on conflict (project_id, year) do update set last = c.last + excluded.last
                 returning last",
            )
            .bind(project)
            .bind(year)
            .bind(count)
            .fetch_one(&mut *conn)
            .await?;
            last.insert((project, year), reserved - count);
        }
        let next_id = sqlx::query_scalar(
            "select setval('tickets_id_seq', nextval('tickets_id_seq') + $1) - $1",
        )
        .bind(i64::try_from(inventor.tickets).unwrap_or(i64::MAX))
        .fetch_one(conn)
        .await?;
        Ok(Self { next_id, last })
    }

    /// The next id, and the number in this project and year.
    pub fn next(&mut self, project: &Project, created_at: OffsetDateTime) -> (i64, String) {
        let id = self.next_id;
        self.next_id += 1;
        let year = created_at.year();
        let last = self.last.entry((project.id, year)).or_default();
        *last += 1;
        (id, format!("{}-{year}-{last:05}", project.prefix))
    }
}
