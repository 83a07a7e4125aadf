//! What customers think of solutions.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// A rating about to be stored.
#[derive(Debug, Clone)]
pub struct NewRating {
    /// 1 to 5.
    pub score: i16,
    /// What the customer says.
    pub comment: Option<String>,
    /// Who rates.
    pub user_id: i64,
}

/// Has the ticket been rated? Call it with the ticket locked.
pub async fn exists(conn: &mut PgConnection, ticket_id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from ratings where ticket_id = $1) as "rated!""#,
        ticket_id,
    )
    .fetch_one(conn)
    .await
}

/// Stores the rating of a locked ticket.
pub async fn insert(
    conn: &mut PgConnection,
    ticket_id: i64,
    rating: &NewRating,
    at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into ratings (ticket_id, score, comment, user_id, created_at)
         values ($1, $2, $3, $4, $5)",
        ticket_id,
        rating.score,
        rating.comment,
        rating.user_id,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}
