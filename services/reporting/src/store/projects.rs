//! Which projects there are, and which are an agent's own.

use sqlx::PgPool;

/// Is there such a project? Deleted ones count: their tickets stay.
pub(crate) async fn exists(db: &PgPool, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from replica_projects where id = $1) as "exists!""#,
        id,
    )
    .fetch_one(db)
    .await
}

/// An agent's projects.
pub(crate) async fn of_agent(db: &PgPool, user_id: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select m.project_id
         from replica_memberships as m
         join replica_projects as p on p.id = m.project_id and not p.deleted
         where m.user_id = $1 and m.is_member
         order by m.project_id",
        user_id,
    )
    .fetch_all(db)
    .await
}
