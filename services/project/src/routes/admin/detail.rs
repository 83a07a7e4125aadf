//! A project whole, as every admin endpoint answers it.

use desk_http::{Result, Timestamp, page::Slice};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    App,
    domain::project::Project,
    store::{
        copies::{self, ProjectSlaPolicy},
        keys::{self, ListedApiKey},
        memberships::{self, ProjectAgent},
    },
};

/// `{"project": …}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectAnswer {
    /// The project.
    project: ProjectDetail,
}

/// A project with its agents, SLA policies and keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectDetail {
    /// Project id.
    id: i64,
    /// Name.
    #[schema(example = "NaijaHomes")]
    name: String,
    /// Given once, never changed.
    #[schema(example = "naijahomes")]
    slug: String,
    /// Of its ticket numbers; given once, never changed.
    #[schema(example = "NAIJ")]
    prefix: String,
    /// What it is.
    description: Option<String>,
    /// Whether tickets can be filed to it.
    is_active: bool,
    /// Tickets that are not deleted.
    tickets_count: i64,
    /// Agents assigned to it.
    agents_count: i64,
    /// When it was made.
    created_at: Timestamp,
    /// Where its customers write to.
    support_email: Option<String>,
    /// Its site.
    website_url: Option<String>,
    /// IANA name.
    #[schema(example = "Africa/Lagos")]
    timezone: String,
    /// Free-form settings.
    #[schema(value_type = Object)]
    settings: Value,
    /// The active ones, leads first.
    agents: Vec<ProjectAgent>,
    /// The project's own policies.
    sla_policies: Vec<ProjectSlaPolicy>,
    /// Without secrets, newest first.
    api_keys: Vec<ListedApiKey>,
}

/// Reads what belongs to a project.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn whole(app: &App, project: Project) -> Result<ProjectAnswer> {
    let agents = memberships::agents(&app.db, project.id).await?;
    let project = ProjectDetail {
        id: project.id,
        tickets_count: copies::tickets(&app.db, project.id).await?,
        agents_count: i64::try_from(agents.len()).unwrap_or(i64::MAX),
        agents,
        sla_policies: copies::policies(&app.db, project.id).await?,
        api_keys: keys::list(&app.db, project.id, &Slice::ALL).await?,
        name: project.name,
        slug: project.slug,
        prefix: project.prefix,
        description: project.description,
        is_active: project.is_active,
        created_at: project.created_at.into(),
        support_email: project.support_email,
        website_url: project.website_url,
        timezone: project.timezone,
        settings: project.settings,
    };
    Ok(ProjectAnswer { project })
}
