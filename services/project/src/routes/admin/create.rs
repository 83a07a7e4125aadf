//! `POST /admin/projects`.

use axum::{Json, extract::State, http::StatusCode};
use desk_http::{
    Allowed, ClientAddress, Result, Valid,
    fields::{email, json_bounds},
    openapi::ErrorBody,
};
use desk_identity::can::CreateProjects;
use garde::Validate;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::detail::{ProjectAnswer, whole};
use crate::{
    App,
    domain::{website, zone},
    store::projects::{self, NewProject},
};

/// A new project. Slug and prefix come from the name.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct CreateProject {
    /// Name; prefix and slug are made of it.
    #[garde(required, inner(length(chars, min = 1, max = 255)))]
    #[schema(
        required,
        nullable = false,
        example = "NaijaHomes",
        min_length = 1,
        max_length = 255
    )]
    name: Option<String>,
    /// What it is.
    #[garde(inner(length(chars, max = 65_535)))]
    #[schema(max_length = 65_535)]
    description: Option<String>,
    /// Where its customers write to.
    #[garde(inner(custom(email)))]
    #[schema(format = Email)]
    support_email: Option<String>,
    /// Its site.
    #[garde(inner(url, length(chars, max = 2_048), custom(website::check)))]
    #[schema(example = "https://naijahomes.example", max_length = 2048)]
    website_url: Option<String>,
    /// IANA name; UTC unless given.
    #[garde(inner(custom(zone::check)))]
    #[schema(example = "Africa/Lagos")]
    timezone: Option<String>,
    /// Free-form, at most 64 KiB and 32 deep.
    #[garde(inner(custom(json_bounds)))]
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    /// True unless given.
    #[garde(skip)]
    is_active: Option<bool>,
}

impl CreateProject {
    fn into_new(self) -> NewProject {
        let zone = self.timezone.as_deref().and_then(zone::canonical);
        NewProject {
            name: self.name.unwrap_or_default(),
            description: self.description,
            support_email: self.support_email,
            website_url: self.website_url,
            timezone: zone.unwrap_or_else(|| zone::DEFAULT.to_owned()),
            settings: self.settings.unwrap_or_default(),
            is_active: self.is_active.unwrap_or(true),
        }
    }
}

/// Makes a project.
#[utoipa::path(
    post, path = "/admin/projects", tag = "Projects", operation_id = "admin_create_project",
    request_body = CreateProject,
    responses(
        (status = 201, description = "The project", body = ProjectAnswer),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 422, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("create_projects"))),
)]
pub async fn create(
    State(app): State<App>,
    who: Allowed<CreateProjects>,
    address: ClientAddress,
    Valid(body): Valid<CreateProject>,
) -> Result<(StatusCode, Json<ProjectAnswer>)> {
    let by = app.by(who.user, address);
    let mut tx = app.db.begin().await?;
    let project = projects::create(&mut tx, body.into_new(), &by).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok((StatusCode::CREATED, Json(whole(&app, project).await?)))
}
