//! `GET /projects/{id}/agents`.

use axum::{Json, extract::State};
use desk_events::Role;
use desk_http::{Allowed, Error, Path, Result, openapi::ErrorBody};
use desk_identity::can::AssignTickets;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App,
    store::{
        memberships::{self, ProjectAgent},
        projects,
    },
};

/// `{"agents": […]}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assignables {
    /// The active ones.
    agents: Vec<Assignable>,
}

/// Somebody to assign a ticket to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assignable {
    /// User id.
    id: i64,
    /// Name.
    name: String,
    /// Leads the project.
    is_lead: bool,
}

impl From<ProjectAgent> for Assignable {
    fn from(agent: ProjectAgent) -> Self {
        Self {
            id: agent.id,
            name: agent.name,
            is_lead: agent.is_lead,
        }
    }
}

/// Lists the project's active agents, for assigning; for its staff and for admins.
#[utoipa::path(
    get, path = "/projects/{id}/agents", tag = "Projects", operation_id = "list_project_agents",
    params(("id" = i64, Path, description = "Project id")),
    responses(
        (status = 200, description = "The agents", body = Assignables),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("assign_tickets"))),
)]
pub async fn agents(
    State(app): State<App>,
    who: Allowed<AssignTickets>,
    Path(id): Path<i64>,
) -> Result<Json<Assignables>> {
    let agent = (who.user.role == Role::Agent).then_some(who.user.id);
    if !projects::exists(&app.db, id, agent).await? {
        return Err(Error::NotFound);
    }
    let agents = memberships::agents(&app.db, id).await?;
    Ok(Json(Assignables {
        agents: agents.into_iter().map(Assignable::from).collect(),
    }))
}
