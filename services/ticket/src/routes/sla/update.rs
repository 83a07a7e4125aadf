//! `PUT` and `PATCH /admin/sla/{id}`.

use axum::{Json, extract::State};
use desk_events::Priority;
use desk_http::{
    Allowed, ClientAddress, Error, Patch, Path, Result, Valid, fields,
    openapi::{ErrorBody, PriorityWord},
};
use desk_identity::can::ManageSlaPolicies;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::policy::{LONGEST, WrappedPolicy, check_order, check_project, check_rows};
use crate::{
    App,
    store::{
        audit::{self, Target},
        configuration,
        policies::{self, Terms},
    },
};

/// What to change; absent fields stay.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct UpdatePolicy {
    /// Null: the default of all projects.
    #[serde(default)]
    #[garde(inner(range(min = 1)))]
    #[schema(value_type = Option<i64>, minimum = 1)]
    project_id: Patch<i64>,
    /// At most 255 characters.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(length(chars, min = 1, max = 255)))]
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    name: Option<String>,
    /// The priority it rules.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(skip)]
    #[schema(value_type = Option<PriorityWord>, nullable = false)]
    priority: Option<Priority>,
    /// Minutes to the first staff reply, at most as many as to the resolution.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(range(min = 1, max = LONGEST)))]
    #[schema(minimum = 1, nullable = false)]
    first_response_minutes: Option<i32>,
    /// Minutes to the resolution, at most a year.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(range(min = 1, max = LONGEST)))]
    #[schema(minimum = 1, nullable = false)]
    resolution_minutes: Option<i32>,
    /// Its working hours; null for around the clock.
    #[serde(default)]
    #[garde(inner(range(min = 1)))]
    #[schema(value_type = Option<i64>, minimum = 1)]
    calendar_id: Patch<i64>,
    /// Waiting for the customer moves the resolution due time.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    pause_while_pending: Option<bool>,
}

impl UpdatePolicy {
    fn apply(self, to: Terms) -> Terms {
        Terms {
            project_id: self.project_id.into_option().unwrap_or(to.project_id),
            name: self.name.unwrap_or(to.name),
            priority: self.priority.unwrap_or(to.priority),
            first_response_minutes: self
                .first_response_minutes
                .unwrap_or(to.first_response_minutes),
            resolution_minutes: self.resolution_minutes.unwrap_or(to.resolution_minutes),
            calendar_id: self.calendar_id.into_option().unwrap_or(to.calendar_id),
            pause_while_pending: self.pause_while_pending.unwrap_or(to.pause_while_pending),
        }
    }
}

/// Changes a policy. Tickets filed before keep what was frozen on them.
#[utoipa::path(
    method(put, patch), path = "/admin/sla/{id}", tag = "Configuration",
    operation_id = "update_sla_policy",
    params(("id" = i64, Path, description = "Policy id")),
    request_body = UpdatePolicy,
    responses(
        (status = 200, description = "The policy", body = WrappedPolicy),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 404, description = "Not there", body = ErrorBody),
        (status = 422, description = "A bad field, or one for that priority is there", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_sla_policies")))
)]
pub async fn update(
    State(app): State<App>,
    who: Allowed<ManageSlaPolicies>,
    address: ClientAddress,
    Path(id): Path<i64>,
    Valid(body): Valid<UpdatePolicy>,
) -> Result<Json<WrappedPolicy>> {
    // What is not there is told before what the body names is looked up.
    let mut conn = app.db.acquire().await?;
    let known = policies::find(&mut conn, id).await?;
    drop(conn);
    known.ok_or(Error::NotFound)?;
    let details = check_project(&app, body.project_id.set().copied()).await?;

    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    configuration::change(&mut tx).await?;
    let before = policies::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let terms = body.apply(before.clone());
    check_order(&terms)?;
    check_rows(&mut tx, &terms, Some(id), details).await?;
    if terms != before {
        policies::update(&mut tx, id, &terms, by.at).await?;
        let target = Target::SlaPolicy(id);
        audit::record(&mut tx, &by, target, Some(&before), Some(&terms)).await?;
        tx.commit().await?;
        app.bus.wake();
    }
    Ok(Json(WrappedPolicy::new(id, terms)))
}
