//! `GET /projects`.

use axum::{Json, extract::State};
use desk_events::Role;
use desk_http::{
    Page, Query, Result, SignedIn,
    openapi::ErrorBody,
    page::{MAX_PAGE, MAX_PER_PAGE, Place, Slice},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    App,
    store::projects::{self, OpenProject},
};

/// Which page.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListOpenProjects {
    /// From 1.
    #[garde(inner(range(min = 1, max = MAX_PAGE)))]
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    /// 20 unless given.
    #[garde(inner(range(min = 1, max = MAX_PER_PAGE)))]
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(inner(length(max = 200)))]
    cursor: Option<String>,
}

/// A project to file tickets to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectName {
    /// Project id.
    id: i64,
    /// Name.
    #[schema(example = "NaijaHomes")]
    name: String,
    /// URL word.
    #[schema(example = "naijahomes")]
    slug: String,
}

impl From<OpenProject> for ProjectName {
    fn from(project: OpenProject) -> Self {
        Self {
            id: project.id,
            name: project.name,
            slug: project.slug,
        }
    }
}

/// Lists the active projects that the caller may file tickets to: an agent's own, everybody
/// else's all.
#[utoipa::path(
    get, path = "/projects", tag = "Projects", operation_id = "list_projects",
    params(ListOpenProjects),
    responses(
        (status = 200, description = "A page of projects", body = Page<ProjectName>),
        (status = 401, body = ErrorBody), (status = 422, body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn list(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<ListOpenProjects>,
) -> Result<Json<Page<ProjectName>>> {
    let slice = Slice::new(query.page, query.per_page, query.cursor.as_deref())?;
    let agent = (who.role == Role::Agent).then_some(who.id);
    let rows = projects::open(&app.db, agent, &slice).await?;
    let total = projects::count_open(&app.db, agent).await?;
    let place = |project: &OpenProject| Place::after(project.created_at, project.id);
    let page = slice.page(rows, total, place)?;
    Ok(Json(page.map(ProjectName::from)))
}
