//! How many tickets there are of what kind, kept as deltas and sums (see
//! `migrations/0010_totals.sql`). The database's triggers write the deltas with whatever they
//! count; here they are summed up, and read back by `list`.

use sqlx::PgConnection;

/// So many deltas are summed up at once.
const ROUND: i64 = 20_000;
/// Who sums up: one at a time, or two would wait for each other's rows.
const LOCK: i64 = 0x7469_636B_6574;

/// Sums up deltas; answers how many, none when somebody else is at it. A read that comes in
/// between counts them either way.
pub async fn sum_up(conn: &mut PgConnection) -> sqlx::Result<i64> {
    let alone = sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "alone!""#, LOCK)
        .fetch_one(&mut *conn)
        .await?;
    if !alone {
        return Ok(0);
    }
    sqlx::query_file_scalar!("src/store/totals.sql", ROUND)
        .fetch_one(conn)
        .await
}

/// Were these all there were?
pub const fn was_all(summed: i64) -> bool {
    summed < ROUND
}
