//! `GET /sla`, also as `GET /admin/sla`.

use axum::{Json, extract::State};
use desk_events::Role;
use desk_http::{Query, Result, SignedIn, openapi::ErrorBody};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::policy::PolicyBody;
use crate::{
    App,
    store::{people, policies},
};

/// Which policies.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Policies {
    /// Only this project's own; without it all that the caller may see.
    #[garde(inner(range(min = 1)))]
    #[param(minimum = 1)]
    project_id: Option<i64>,
}

/// SLA policies.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrappedPolicies {
    /// The defaults first.
    sla_policies: Vec<PolicyBody>,
}

/// The SLA policies: the defaults, and those of the projects that the caller sees.
#[utoipa::path(
    get, path = "/sla", tag = "Configuration", operation_id = "list_sla_policies",
    params(Policies),
    responses(
        (status = 200, description = "The policies", body = WrappedPolicies),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 422, description = "A bad filter", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn list(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Policies>,
) -> Result<Json<WrappedPolicies>> {
    visible(&app, &who, query.project_id).await.map(Json)
}

/// The same list under its older name.
#[utoipa::path(
    get, path = "/admin/sla", tag = "Configuration", operation_id = "list_sla_policies_for_admins",
    params(Policies),
    responses(
        (status = 200, description = "The policies", body = WrappedPolicies),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 422, description = "A bad filter", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn list_for_admins(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Policies>,
) -> Result<Json<WrappedPolicies>> {
    visible(&app, &who, query.project_id).await.map(Json)
}

/// Admins see every project's, agents those of their projects, customers those of the projects
/// that they may file tickets to.
async fn visible(app: &App, who: &SignedIn, project_id: Option<i64>) -> Result<WrappedPolicies> {
    let mut conn = app.db.acquire().await?;
    let mut policies = policies::all(&mut conn).await?;
    if let Some(wanted) = project_id {
        policies.retain(|rule| rule.project_id == Some(wanted));
    }
    let projects = match who.role {
        Role::SuperAdmin | Role::Admin => None,
        Role::Agent => Some(people::projects_of(&mut conn, who.id).await?),
        Role::Customer => Some(people::active_projects(&mut conn).await?),
    };
    if let Some(projects) = projects {
        policies.retain(|rule| rule.project_id.is_none_or(|id| projects.contains(&id)));
    }
    Ok(WrappedPolicies {
        sla_policies: policies.into_iter().map(PolicyBody::from).collect(),
    })
}
