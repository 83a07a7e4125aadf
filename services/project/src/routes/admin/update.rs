//! `PUT` and `PATCH /admin/projects/{id}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Patch, Path, Result, Valid,
    fields::{email, json_bounds, not_null},
    openapi::ErrorBody,
};
use desk_identity::can::ManageProjects;
use garde::Validate;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::detail::{ProjectAnswer, whole};
use crate::{
    App,
    domain::{project::Changes, website, zone},
    store::projects,
};

/// Changes of a project: what is absent stays, null clears.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct UpdateProject {
    /// Slug and prefix stay as they are.
    #[garde(inner(length(chars, min = 1, max = 255)))]
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 1, max_length = 255)]
    name: Option<String>,
    /// What it is.
    #[garde(inner(length(chars, max = 65_535)))]
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 65_535)]
    description: Patch<String>,
    /// Where its customers write to.
    #[garde(inner(custom(email)))]
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Email)]
    support_email: Patch<String>,
    /// Its site.
    #[garde(inner(url, length(chars, max = 2_048), custom(website::check)))]
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "https://naijahomes.example", max_length = 2048)]
    website_url: Patch<String>,
    /// IANA name.
    #[garde(inner(custom(zone::check)))]
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    timezone: Option<String>,
    /// Replaces the settings whole; null empties them.
    #[garde(inner(custom(json_bounds)))]
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Patch<Map<String, Value>>,
    /// false disables the project: no new tickets, and its keys stop working within a second.
    #[garde(skip)]
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    is_active: Option<bool>,
}

impl UpdateProject {
    fn into_changes(self) -> Changes {
        Changes {
            name: self.name,
            description: self.description,
            support_email: self.support_email,
            website_url: self.website_url,
            timezone: self.timezone.as_deref().and_then(zone::canonical),
            settings: self.settings.into_option().map(Option::unwrap_or_default),
            is_active: self.is_active,
        }
    }
}

/// Changes a project, enables or disables it.
#[utoipa::path(
    method(put, patch), path = "/admin/projects/{id}", tag = "Projects",
    operation_id = "admin_update_project",
    params(("id" = i64, Path, description = "Project id")),
    request_body = UpdateProject,
    responses(
        (status = 200, description = "The project", body = ProjectAnswer),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 422, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_projects"))),
)]
pub async fn update(
    State(app): State<App>,
    who: Allowed<ManageProjects>,
    address: ClientAddress,
    Path(id): Path<i64>,
    Valid(body): Valid<UpdateProject>,
) -> Result<Json<ProjectAnswer>> {
    let by = app.by(who.user, address);
    let mut tx = app.db.begin().await?;
    let project = projects::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let project = projects::update(&mut tx, project, body.into_changes(), &by).await?;
    tx.commit().await?;
    app.bus.wake();
    whole(&app, project).await.map(Json)
}
