//! The sums of the reports, compared with a recount of the tickets.

use desk_bus::reconcile::Difference;
use serde_json::Value;
use sqlx::PgConnection;

struct Row {
    key: Value,
    kept: Option<Value>,
    expected: Option<Value>,
}

macro_rules! recounted {
    ($conn:ident, $heal:ident, $($table:literal: $file:literal,)*) => {{
        let mut wrong = Vec::new();
        $(
            let rows = sqlx::query_file_as!(Row, $file, $heal)
                .fetch_all(&mut *$conn)
                .await?;
            wrong.extend(rows.into_iter().map(|row| row.of($table)));
        )*
        wrong
    }};
}

impl Row {
    fn of(self, table: &'static str) -> Difference {
        Difference {
            table,
            key: self.key,
            kept: self.kept,
            expected: self.expected,
        }
    }
}

/// Every row that says otherwise than the tickets do. Each table is compared within one statement,
/// which sees tickets and sums as one commit left them. To heal, the caller has taken its turn.
pub(crate) async fn differences(
    conn: &mut PgConnection,
    heal: bool,
) -> sqlx::Result<Vec<Difference>> {
    Ok(recounted!(
        conn, heal,
        "project_days": "src/store/facts/project_days.sql",
        "resolution_days": "src/store/facts/resolution_days.sql",
        "priority_days": "src/store/facts/priority_days.sql",
        "agent_days": "src/store/facts/agent_days.sql",
        "category_days": "src/store/facts/category_days.sql",
    ))
}
