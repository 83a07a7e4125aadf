//! A user's projects, from the copies of what the project service says.

use sqlx::PgPool;

/// A project that somebody belongs to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ProjectRef {
    /// Project id.
    pub id: i64,
    /// Display name.
    #[schema(example = "NaijaHomes")]
    pub name: String,
    /// URL word.
    #[schema(example = "naijahomes")]
    pub slug: String,
}

/// The projects that a user is assigned to, deleted ones left out, by name.
pub async fn of_user(db: &PgPool, user_id: i64) -> sqlx::Result<Vec<ProjectRef>> {
    sqlx::query_as!(
        ProjectRef,
        "select project.id, project.name, project.slug
         from replica_memberships as place
         join replica_projects as project on project.id = place.project_id
         where place.user_id = $1 and place.is_member and not project.deleted
         order by project.name, project.id",
        user_id,
    )
    .fetch_all(db)
    .await
}
