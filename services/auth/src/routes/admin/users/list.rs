//! `GET /admin/users`

use axum::{Json, extract::State};
use desk_events::Role;
use desk_http::{
    Allowed, Flag, Page, Query, Result,
    openapi::{ErrorBody, RoleWord},
    page::{MAX_PAGE, MAX_PER_PAGE, Place, Slice},
};
use desk_identity::can::ManageUsers;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    app::App,
    domain::User,
    routes::user::UserRow,
    store::lists::{self, Filter},
};

/// Which accounts, and which page of them.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct List {
    /// Of this role.
    #[garde(skip)]
    #[param(inline, value_type = Option<RoleWord>, example = "agent")]
    role: Option<Role>,
    /// With this in name or e-mail, whatever its case.
    #[garde(inner(length(chars, max = 200)))]
    #[param(max_length = 200)]
    search: Option<String>,
    /// Enabled (true) or disabled (false).
    #[garde(skip)]
    #[param(value_type = Option<bool>)]
    active: Option<Flag>,
    /// Page number, from 1.
    #[garde(inner(range(min = 1, max = MAX_PAGE)))]
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    /// Rows a page.
    #[garde(inner(range(min = 1, max = MAX_PER_PAGE)))]
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
    /// `next_cursor` of the page before; stays quick at any depth.
    #[garde(inner(length(max = 200)))]
    cursor: Option<String>,
}

/// Lists accounts, newest first.
#[utoipa::path(
    get,
    path = "/admin/users",
    tag = "Users",
    params(List),
    responses(
        (status = 200, description = "A page of accounts", body = Page<UserRow>),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin", body = ErrorBody),
        (status = 422, description = "A filter or a page that does not exist", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_users"))),
)]
pub async fn list_users(
    State(app): State<App>,
    _who: Allowed<ManageUsers>,
    Query(list): Query<List>,
) -> Result<Json<Page<UserRow>>> {
    let slice = Slice::new(list.page, list.per_page, list.cursor.as_deref())?;
    let filter = Filter {
        role: list.role,
        active: list.active.map(|flag| flag.0),
        search: list.search,
    };

    let total = lists::total(&app.db, &filter).await?;
    let users = lists::slice(&app.db, &filter, &slice).await?;
    let place = |user: &User| Place::after(user.created_at, user.id);
    let mut page = slice.page(users, total.count, place)?;
    page.total_capped = total.capped;
    Ok(Json(page.map(UserRow::from)))
}
