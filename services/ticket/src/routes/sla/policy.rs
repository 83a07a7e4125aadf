//! A policy as it is answered, and what is checked whenever one is saved.

use desk_http::{Details, Error, Result, openapi::PriorityWord};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    App,
    store::{
        calendars,
        policies::{self, ProjectPolicy, Terms},
    },
};

/// A year, the longest target.
pub const LONGEST: i32 = 525_600;

/// An SLA policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyBody {
    /// Policy id.
    id: i64,
    /// Null: the default of all projects.
    project_id: Option<i64>,
    /// Its name.
    name: String,
    /// The priority it rules.
    #[schema(value_type = PriorityWord)]
    priority: &'static str,
    /// Minutes to the first staff reply.
    first_response_minutes: i32,
    /// Minutes to the resolution.
    resolution_minutes: i32,
    /// Its working hours; null for around the clock.
    calendar_id: Option<i64>,
    /// Waiting for the customer moves the resolution due time.
    pause_while_pending: bool,
}

impl From<ProjectPolicy> for PolicyBody {
    fn from(rule: ProjectPolicy) -> Self {
        Self {
            id: rule.policy.id,
            project_id: rule.project_id,
            name: rule.policy.name,
            priority: rule.policy.priority.as_str(),
            first_response_minutes: rule.policy.first_response_minutes,
            resolution_minutes: rule.policy.resolution_minutes,
            calendar_id: rule.policy.calendar.map(|calendar| calendar.id),
            pause_while_pending: rule.policy.pause_while_pending,
        }
    }
}

/// One SLA policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrappedPolicy {
    /// The policy.
    sla_policy: PolicyBody,
}

impl WrappedPolicy {
    /// The policy that goes by this id.
    pub fn new(id: i64, terms: Terms) -> Self {
        Self {
            sla_policy: PolicyBody {
                id,
                project_id: terms.project_id,
                name: terms.name,
                priority: terms.priority.as_str(),
                first_response_minutes: terms.first_response_minutes,
                resolution_minutes: terms.resolution_minutes,
                calendar_id: terms.calendar_id,
                pause_while_pending: terms.pause_while_pending,
            },
        }
    }
}

/// For `#[garde(custom(...))]`: nobody may solve what nobody has to answer yet.
pub fn at_most<C>(resolution: Option<i32>) -> impl FnOnce(&Option<i32>, &C) -> garde::Result {
    move |first_response, _| {
        if resolution.is_some_and(|minutes| first_response.is_some_and(|first| first > minutes)) {
            Err(garde::Error::new("must not exceed resolution_minutes"))
        } else {
            Ok(())
        }
    }
}

/// The project that a body names must be there, if only project itself knows of it yet.
pub async fn check_project(app: &App, id: Option<i64>) -> Result<Details> {
    let mut details = Details::default();
    if let Some(id) = id {
        let project = app.replica.project(id).await?;
        if project.is_none_or(|project| project.deleted) {
            details.add("project_id", "There is no such project.");
        }
    }
    Ok(details)
}

/// What the other rows say to these terms; called while nobody else changes the configuration.
pub async fn check_rows(
    conn: &mut PgConnection,
    terms: &Terms,
    id: Option<i64>,
    mut details: Details,
) -> Result<()> {
    if let Some(calendar) = terms.calendar_id
        && calendars::find(&mut *conn, calendar).await?.is_none()
    {
        details.add("calendar_id", "There is no such calendar.");
    }
    if policies::is_taken(conn, terms, id).await? {
        details.add("priority", "There is a policy for this priority already.");
    }
    details.into_result()
}

/// The rule of [`at_most`] for what an update leads to.
pub fn check_order(terms: &Terms) -> Result<()> {
    if terms.first_response_minutes > terms.resolution_minutes {
        return Err(Error::field(
            "first_response_minutes",
            "The first_response_minutes must not exceed resolution_minutes.",
        ));
    }
    Ok(())
}
