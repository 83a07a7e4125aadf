//! Categories, tags and SLA policies, as a whole: what decisions go by.

use desk_events::Priority;
use serde::Serialize;
use sqlx::PgConnection;

use super::policies::{self, ProjectPolicy};
use crate::domain::Policy;

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Category {
    /// Category id.
    pub id: i64,
    /// Its parent in the tree.
    pub parent_id: Option<i64>,
    /// Its name.
    pub name: String,
    /// `#RRGGBB`.
    pub color: Option<String>,
    /// What belongs here.
    pub description: Option<String>,
}

/// The whole configuration at one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Raised by every change.
    pub version: i64,
    /// Those that are not deleted.
    pub categories: Vec<Category>,
    /// Those that are not deleted.
    pub tags: Vec<super::tags::Tag>,
    /// Those that are not deleted.
    pub policies: Vec<ProjectPolicy>,
}

impl Configuration {
    /// The policy that rules this priority in this project: the project's own before the default.
    pub fn policy(&self, project_id: i64, priority: Priority) -> Option<&Policy> {
        let of = |project: Option<i64>| {
            self.policies
                .iter()
                .find(|rule| rule.project_id == project && rule.policy.priority == priority)
        };
        of(Some(project_id))
            .or_else(|| of(None))
            .map(|rule| &rule.policy)
    }

    /// Is there such a category?
    pub fn has_category(&self, id: i64) -> bool {
        self.categories.iter().any(|category| category.id == id)
    }

    /// The ids of the tags that go by this id or name.
    pub fn tags_called(&self, word: &str) -> Vec<i64> {
        let name = word.to_lowercase();
        let id: Option<i64> = word.parse().ok();
        let called =
            |tag: &&super::tags::Tag| Some(tag.id) == id || tag.name.to_lowercase() == name;
        self.tags.iter().filter(called).map(|tag| tag.id).collect()
    }

    /// Are there all these tags?
    pub fn has_tags(&self, ids: &[i64]) -> bool {
        ids.iter()
            .all(|id| self.tags.iter().any(|tag| tag.id == *id))
    }
}

/// The version of the configuration.
pub async fn version(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!("select version from configuration")
        .fetch_one(conn)
        .await
}

/// Begins a change: one at a time, until its transaction ends, and whoever decided by what was
/// before finds out.
pub async fn change(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("update configuration set version = version + 1")
        .execute(conn)
        .await?;
    Ok(())
}

/// Reads everything. The version is read first: a change in between makes the next check fail,
/// it never goes unnoticed.
pub async fn load(conn: &mut PgConnection) -> sqlx::Result<Configuration> {
    Ok(Configuration {
        version: version(&mut *conn).await?,
        categories: categories(&mut *conn).await?,
        tags: tags(&mut *conn).await?,
        policies: policies::all(conn).await?,
    })
}

/// The categories, by name.
pub async fn categories(conn: &mut PgConnection) -> sqlx::Result<Vec<Category>> {
    sqlx::query_as!(
        Category,
        "select id, parent_id, name, color, description from categories
         where deleted_at is null order by lower(name), id",
    )
    .fetch_all(conn)
    .await
}

/// The tags, by name.
pub async fn tags(conn: &mut PgConnection) -> sqlx::Result<Vec<super::tags::Tag>> {
    sqlx::query_as!(
        super::tags::Tag,
        "select id, name, color from tags where deleted_at is null order by lower(name), id",
    )
    .fetch_all(conn)
    .await
}
