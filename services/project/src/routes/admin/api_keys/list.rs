//! `GET /admin/projects/{id}/api-keys`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, Error, Page, Path, Query, Result,
    openapi::ErrorBody,
    page::{MAX_PAGE, MAX_PER_PAGE, Place, Slice},
};
use desk_identity::can::GenerateApiKeys;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    App,
    store::{
        keys::{self, ListedApiKey},
        projects,
    },
};

/// Which keys.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListApiKeys {
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

/// Lists the project's keys, newest first, revoked ones too; never a secret.
#[utoipa::path(
    get, path = "/admin/projects/{id}/api-keys", tag = "Projects",
    operation_id = "admin_list_api_keys",
    params(("id" = i64, Path, description = "Project id"), ListApiKeys),
    responses(
        (status = 200, description = "A page of keys", body = Page<ListedApiKey>),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("generate_api_keys"))),
)]
pub async fn list(
    State(app): State<App>,
    _who: Allowed<GenerateApiKeys>,
    Path(id): Path<i64>,
    Query(query): Query<ListApiKeys>,
) -> Result<Json<Page<ListedApiKey>>> {
    let slice = Slice::new(query.page, query.per_page, query.cursor.as_deref())?;
    if !projects::exists(&app.db, id, None).await? {
        return Err(Error::NotFound);
    }
    let rows = keys::list(&app.db, id, &slice).await?;
    let total = keys::count(&app.db, id).await?;
    slice
        .page(rows, total, |key| Place::after(key.created_at.0, key.id))
        .map(Json)
}
