//! `POST /admin/sla`.

use axum::{Json, extract::State, http::StatusCode};
use desk_events::Priority;
use desk_http::{
    Allowed, ClientAddress, Result, Valid,
    openapi::{ErrorBody, PriorityWord},
};
use desk_identity::can::ManageSlaPolicies;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::policy::{LONGEST, WrappedPolicy, at_most, check_project, check_rows};
use crate::{
    App,
    store::{
        audit::{self, Target},
        configuration,
        policies::{self, Terms},
    },
};

/// A new SLA policy.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct CreatePolicy {
    /// Null: the default of all projects.
    #[garde(inner(range(min = 1)))]
    #[schema(minimum = 1)]
    project_id: Option<i64>,
    /// Named for its priority unless told.
    #[garde(inner(length(chars, min = 1, max = 255)))]
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// The priority it rules.
    #[garde(required)]
    #[schema(value_type = PriorityWord)]
    priority: Option<Priority>,
    /// Minutes to the first staff reply, at most as many as to the resolution.
    #[garde(
        required,
        inner(range(min = 1, max = LONGEST)),
        custom(at_most(self.resolution_minutes))
    )]
    #[schema(required, nullable = false)]
    first_response_minutes: Option<i32>,
    /// Minutes to the resolution, at most a year.
    #[garde(required, inner(range(min = 1, max = LONGEST)))]
    #[schema(required, nullable = false, minimum = 1)]
    resolution_minutes: Option<i32>,
    /// Its working hours; null for around the clock.
    #[garde(inner(range(min = 1)))]
    #[schema(minimum = 1)]
    calendar_id: Option<i64>,
    /// Waiting for the customer moves the resolution due time; false unless told.
    #[garde(skip)]
    pause_while_pending: Option<bool>,
}

impl CreatePolicy {
    fn terms(self) -> Terms {
        let priority = self.priority.unwrap_or(Priority::Medium);
        Terms {
            project_id: self.project_id,
            name: self.name.unwrap_or_else(|| title(priority).to_owned()),
            priority,
            first_response_minutes: self.first_response_minutes.unwrap_or(LONGEST),
            resolution_minutes: self.resolution_minutes.unwrap_or(LONGEST),
            calendar_id: self.calendar_id,
            pause_while_pending: self.pause_while_pending.unwrap_or(false),
        }
    }
}

const fn title(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "Low",
        Priority::Medium => "Medium",
        Priority::High => "High",
        Priority::Critical => "Critical",
    }
}

/// Makes a policy; it rules tickets filed from now on.
#[utoipa::path(
    post, path = "/admin/sla", tag = "Configuration", operation_id = "create_sla_policy",
    request_body = CreatePolicy,
    responses(
        (status = 201, description = "The policy", body = WrappedPolicy),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 422, description = "A bad field, or one for that priority is there", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_sla_policies")))
)]
pub async fn create(
    State(app): State<App>,
    who: Allowed<ManageSlaPolicies>,
    address: ClientAddress,
    Valid(body): Valid<CreatePolicy>,
) -> Result<(StatusCode, Json<WrappedPolicy>)> {
    let terms = body.terms();
    let by = app.by(&who.user, address);
    let details = check_project(&app, terms.project_id).await?;
    let mut tx = app.db.begin().await?;
    configuration::change(&mut tx).await?;
    check_rows(&mut tx, &terms, None, details).await?;
    let id = policies::insert(&mut tx, &terms, by.at).await?;
    audit::record(&mut tx, &by, Target::SlaPolicy(id), None, Some(&terms)).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok((StatusCode::CREATED, Json(WrappedPolicy::new(id, terms))))
}
