//! `DELETE /admin/projects/{id}/agents/{userId}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::ManageProjects;

use crate::{
    App,
    store::{memberships, projects},
};

/// Takes an agent out of the project.
#[utoipa::path(
    delete, path = "/admin/projects/{id}/agents/{userId}", tag = "Projects",
    operation_id = "admin_remove_agent",
    params(
        ("id" = i64, Path, description = "Project id"),
        ("userId" = i64, Path, description = "User id"),
    ),
    responses(
        (status = 200, description = "The agent is removed", body = Message),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_projects"))),
)]
pub async fn remove(
    State(app): State<App>,
    who: Allowed<ManageProjects>,
    address: ClientAddress,
    Path((id, user_id)): Path<(i64, i64)>,
) -> Result<Json<Message>> {
    let by = app.by(who.user, address);
    let mut tx = app.db.begin().await?;
    let project = projects::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !memberships::remove(&mut tx, project.id, user_id, &by).await? {
        return Err(Error::NotFound);
    }
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "Agent removed from project",
    }))
}
