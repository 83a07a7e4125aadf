//! `POST /admin/projects/{id}/agents`.

use axum::{Json, extract::State, http::StatusCode};
use desk_events::UserState;
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result, Valid,
    fields::not_null,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::ManageProjects;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    App,
    store::{
        memberships::{self, Assigned},
        projects,
    },
};

/// Who joins a project.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct AssignAgent {
    /// An active member of staff.
    #[garde(required)]
    #[schema(required, nullable = false)]
    user_id: Option<i64>,
    /// Leads the project's agents; false unless given, and kept by whoever is an agent already.
    #[garde(skip)]
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    is_lead: Option<bool>,
}

/// Makes a user an agent of the project; again: updates the lead flag.
#[utoipa::path(
    post, path = "/admin/projects/{id}/agents", tag = "Projects",
    operation_id = "admin_assign_agent",
    params(("id" = i64, Path, description = "Project id")),
    request_body = AssignAgent,
    responses(
        (status = 201, description = "A new agent", body = Message),
        (status = 200, description = "An agent already", body = Message),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_projects"))),
)]
pub async fn assign(
    State(app): State<App>,
    who: Allowed<ManageProjects>,
    address: ClientAddress,
    Path(id): Path<i64>,
    Valid(body): Valid<AssignAgent>,
) -> Result<(StatusCode, Json<Message>)> {
    if !projects::exists(&app.db, id, None).await? {
        return Err(Error::NotFound);
    }
    let user = match body.user_id {
        Some(user_id) => app.replica.fitting_user(user_id, can_work).await?,
        None => None,
    };
    let user = user
        .ok_or_else(|| Error::field("user_id", "The user_id must be an active agent or admin."))?;
    let by = app.by(who.user, address);
    let mut tx = app.db.begin().await?;
    let project = projects::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let assigned = memberships::assign(&mut tx, project.id, user.id, body.is_lead, &by).await?;
    tx.commit().await?;
    app.bus.wake();
    let status = match assigned {
        Assigned::Newly => StatusCode::CREATED,
        Assigned::Again => StatusCode::OK,
    };
    Ok((
        status,
        Json(Message {
            message: "Agent assigned to project",
        }),
    ))
}

fn can_work(user: &UserState) -> bool {
    user.role.is_staff() && user.is_active && !user.deleted
}
