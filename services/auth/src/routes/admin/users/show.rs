//! `GET /admin/users/{id}`

use axum::{Json, extract::State};
use desk_http::{Allowed, Error, Path, Result, openapi::ErrorBody};
use desk_identity::can::ManageUsers;

use crate::{app::App, routes::user::UserAnswer, store::users};

/// Shows an account with its projects.
#[utoipa::path(
    get,
    path = "/admin/users/{id}",
    tag = "Users",
    params(("id" = i64, Path, description = "User id")),
    responses(
        (status = 200, description = "The account", body = UserAnswer),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin", body = ErrorBody),
        (status = 404, description = "No such account", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_users"))),
)]
pub async fn show_user(
    State(app): State<App>,
    _who: Allowed<ManageUsers>,
    Path(id): Path<i64>,
) -> Result<Json<UserAnswer>> {
    let user = users::find(&app.db, id).await?.ok_or(Error::NotFound)?;
    UserAnswer::of(&app.db, user).await.map(Json)
}
