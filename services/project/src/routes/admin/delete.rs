//! `DELETE /admin/projects/{id}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::ManageProjects;

use crate::{App, store::projects};

/// Deletes a project softly: its tickets stay for admins, its keys die.
#[utoipa::path(
    delete, path = "/admin/projects/{id}", tag = "Projects", operation_id = "admin_delete_project",
    params(("id" = i64, Path, description = "Project id")),
    responses(
        (status = 200, description = "The project is deleted", body = Message),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_projects"))),
)]
pub async fn delete(
    State(app): State<App>,
    who: Allowed<ManageProjects>,
    address: ClientAddress,
    Path(id): Path<i64>,
) -> Result<Json<Message>> {
    let by = app.by(who.user, address);
    let mut tx = app.db.begin().await?;
    let project = projects::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    projects::delete(&mut tx, project, &by).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "Project deleted",
    }))
}
